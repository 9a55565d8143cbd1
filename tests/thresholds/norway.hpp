// Norway's clock for tests of the pure rooms: the rule in force since 1996 (directive 2000/84/EC), summer time from the last Sunday of
// March to that of October, both at 01:00 UTC. Applied to all years.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "thresholds/time.hpp"

namespace test {

class Norway final : public thresholds::Zone {
 public:
  std::chrono::minutes offset_at(thresholds::Time utc) const override {
    using namespace std::chrono;
    const year y = year_month_day{floor<days>(utc)}.year();
    const auto change = [&](month m) { return thresholds::Time{sys_days{y / m / Sunday[last]} + hours{1}}; };
    return utc >= change(March) && utc < change(October) ? hours{2} : hours{1};
  }
  thresholds::Time first(thresholds::WallTime wall) const override {
    using namespace std::chrono;
    const thresholds::Time as_summer{wall.time_since_epoch() - hours{2}}, as_winter{wall.time_since_epoch() - hours{1}};
    // A wall time that never was moves forward: what winter would have called it.
    return offset_at(as_summer) == hours{2} ? as_summer : as_winter;
  }
};

inline std::shared_ptr<const thresholds::Zone> norway() { return std::make_shared<const Norway>(); }

inline thresholds::Time utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
  using namespace std::chrono;
  return thresholds::Time{sys_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}}} + hours{hour} + minutes{minute} +
         seconds{second};
}

}  // namespace test
