#include "gateway/runtime/zone.hpp"

#include <date/tz.h>

#include <chrono>
#include <stdexcept>
#include <string>

namespace gateway {
namespace {

using std::chrono::microseconds;

// Before standard time a place's offset has seconds; FHIR writes whole minutes.
std::chrono::minutes whole_minutes(std::chrono::seconds offset) {
  return std::chrono::floor<std::chrono::minutes>(offset);
}

class TzZone final : public adapters::Zone {
 public:
  explicit TzZone(const date::time_zone* zone) : zone_(zone) {}

  Resolved resolve(std::chrono::local_time<microseconds> wall) const override {
    date::local_time<microseconds> local{wall.time_since_epoch()};
    date::local_info info = zone_->get_info(local);
    // In all three cases the offset before the change gives the instant: the only one, the first occurrence, or the
    // wall time moved forward over the gap. What is written beside a moved time is the offset that holds there.
    fhir::Time utc{wall.time_since_epoch() - info.first.offset};
    const date::sys_info& holding = info.result == date::local_info::nonexistent ? info.second : info.first;
    return {utc, whole_minutes(holding.offset), info.result == date::local_info::ambiguous};
  }

  std::chrono::minutes offset_at(fhir::Time utc) const override { return whole_minutes(zone_->get_info(utc).offset); }

 private:
  const date::time_zone* zone_;  // owned by the tz database, which lives as long as the program
};

}  // namespace

fhir::Result<std::shared_ptr<const adapters::Zone>> find_zone(std::string_view name) {
  try {
    return std::make_shared<const TzZone>(date::locate_zone(name));
  } catch (const std::runtime_error&) {  // the library's way to say that there is no such name, or no database at all
    return fhir::not_found("the tz database of this machine has no zone '" + std::string(name) + "'");
  }
}

fhir::WallTime wall_time_in(std::string_view name) {
  auto zone = find_zone(name);
  if (!zone) throw std::invalid_argument(zone.error().detail);
  return [zone = *zone](std::chrono::local_time<microseconds> wall) { return zone->resolve(wall).utc; };
}

}  // namespace gateway
