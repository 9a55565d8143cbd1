#include "gateway/runtime/judging_zone.hpp"

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "gateway/runtime/zone.hpp"

namespace gateway {
namespace {

class NamedZone final : public thresholds::Zone {
 public:
  explicit NamedZone(std::shared_ptr<const adapters::Zone> zone) : zone_(std::move(zone)) {}
  std::chrono::minutes offset_at(thresholds::Time time) const override { return zone_->offset_at(time); }
  thresholds::Time first(thresholds::WallTime wall) const override { return zone_->resolve(wall).utc; }

 private:
  std::shared_ptr<const adapters::Zone> zone_;
};

class UtcZone final : public thresholds::Zone {
 public:
  std::chrono::minutes offset_at(thresholds::Time) const override { return std::chrono::minutes(0); }
  thresholds::Time first(thresholds::WallTime wall) const override { return thresholds::Time(wall.time_since_epoch()); }
};

}  // namespace

fhir::Result<std::shared_ptr<const thresholds::Zone>> find_judging_zone(std::string_view name) {
  // Grows to the names the tz database has, a few hundred, and no further.
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const thresholds::Zone>, std::less<>> known;
  const std::lock_guard lock(mutex);
  if (auto found = known.find(name); found != known.end()) return found->second;
  auto zone = find_zone(name);
  if (!zone) return zone.error();
  auto made = std::make_shared<const NamedZone>(std::move(*zone));
  known.emplace(name, made);
  return std::shared_ptr<const thresholds::Zone>(std::move(made));
}

std::shared_ptr<const thresholds::Zone> utc_judging_zone() {
  static const auto zone = std::make_shared<const UtcZone>();
  return zone;
}

}  // namespace gateway
