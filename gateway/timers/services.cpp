#include "gateway/timers/services.hpp"

#include <stdexcept>
#include <utility>

#include "gateway/runtime/zone.hpp"

namespace gateway::timers {
namespace {

class Zone final : public thresholds::Zone {
 public:
  explicit Zone(std::shared_ptr<const adapters::Zone> zone) : zone_(std::move(zone)) {}
  std::chrono::minutes offset_at(thresholds::Time at) const override { return zone_->offset_at(at); }
  thresholds::Time first(thresholds::WallTime wall) const override { return zone_->resolve(wall).utc; }

 private:
  std::shared_ptr<const adapters::Zone> zone_;
};

alarms::Outside outside_named(const std::string& name) {
  if (name == "reroute") return alarms::Outside::reroute;
  return name == "unwatched" ? alarms::Outside::unwatched : alarms::Outside::hold;
}

void take(const config::ServiceTimes& times, alarms::Service& service) {
  service.clocks = times.clocks;
  service.flood = times.flood;
  service.outside = outside_named(times.outside);
  service.reroute_to = times.reroute_to;
  if (!times.has_hours) return;
  auto zone = find_zone(times.timezone);
  if (!zone) throw std::invalid_argument(zone.error().detail);
  service.calendar.emplace(times.hours, std::make_shared<const Zone>(*zone));
}

}  // namespace

alarms::Services services_of(const config::Config& config, store::Store& store) {
  alarms::Services services;
  for (const config::Tenant& tenant : config.tenants) {
    alarms::Service service;
    service.organization = tenant.organization;
    for (const config::ServiceTimes& times : config.service) {
      if (times.tenant == tenant.id) take(times, service);
    }
    for (const config::Escalation& escalation : config.escalation) {
      if (escalation.tenant != tenant.id) continue;
      for (const config::EscalationLevel& level : escalation.levels) {
        service.levels.push_back({level.from, level.clients, level.webhook.has_value(), level.after});
      }
    }
    services.put(store.tenant(tenant.id), std::move(service));
  }
  return services;
}

}  // namespace gateway::timers
