#include "gateway/timers/services.hpp"

#include <stdexcept>
#include <utility>

#include "gateway/runtime/judging_zone.hpp"

namespace gateway::timers {
namespace {

alarms::Outside outside_named(const std::string& name) {
  if (name == "reroute") return alarms::Outside::reroute;
  return name == "unwatched" ? alarms::Outside::unwatched : alarms::Outside::hold;
}

std::shared_ptr<const thresholds::Zone> zone_of(const std::string& name) {
  auto zone = find_judging_zone(name);
  if (!zone) throw std::invalid_argument(zone.error().detail);
  return *zone;
}

void take(const config::ServiceTimes& times, alarms::Service& service) {
  service.clocks = times.clocks;
  service.flood = times.flood;
  service.outside = outside_named(times.outside);
  service.reroute_to = times.reroute_to;
  if (!times.timezone.empty()) service.zone = zone_of(times.timezone);
  if (times.has_hours) service.calendar.emplace(times.hours, service.zone);
}

}  // namespace

alarms::Services services_of(const config::Config& config, store::Store& store) {
  alarms::Services services;
  for (const config::Tenant& tenant : config.tenants) {
    alarms::Service service;
    service.organization = tenant.organization;
    service.zone = zone_of(config.timezone);
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
