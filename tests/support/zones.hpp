// Time zones for tests that need no tz database.
#pragma once

#include "adapters/adapter.hpp"

namespace test {

class FixedZone final : public adapters::Zone {
 public:
  explicit FixedZone(std::chrono::minutes offset) : offset_(offset) {}
  Resolved resolve(std::chrono::local_time<std::chrono::microseconds> wall) const override {
    return {fhir::Time{wall.time_since_epoch() - offset_}, offset_, false};
  }
  std::chrono::minutes offset_at(fhir::Time) const override { return offset_; }

 private:
  std::chrono::minutes offset_;
};

// Norway by the rule in force since 1996 (directive 2000/84/EC): summer time from the last Sunday of March to that of
// October, both at 01:00 UTC. Applied to all years.
class NorwegianZone final : public adapters::Zone {
 public:
  Resolved resolve(std::chrono::local_time<std::chrono::microseconds> wall) const override {
    using namespace std::chrono;
    const fhir::Time as_summer{wall.time_since_epoch() - hours{2}};
    const fhir::Time as_winter{wall.time_since_epoch() - hours{1}};
    const bool summer_fits = offset_at(as_summer) == hours{2};
    const bool winter_fits = offset_at(as_winter) == hours{1};
    if (summer_fits) return {as_summer, hours{2}, winter_fits};
    if (winter_fits) return {as_winter, hours{1}, false};
    return {as_winter, hours{2}, false};  // a wall time that never was moves forward
  }
  std::chrono::minutes offset_at(fhir::Time utc) const override {
    using namespace std::chrono;
    const year y = year_month_day{floor<days>(utc)}.year();
    const auto change = [&](month m) { return fhir::Time{sys_days{y / m / Sunday[last]} + hours{1}}; };
    return utc >= change(March) && utc < change(October) ? hours{2} : hours{1};
  }
};

}  // namespace test
