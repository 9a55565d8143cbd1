#include "gateway/auth/may.hpp"

namespace gateway::auth {

std::string_view name(Purpose purpose) {
  static constexpr std::string_view names[] = {"care", "alarm-handling", "plan", "administration", "ingest"};
  return names[static_cast<std::size_t>(purpose)];
}

bool may(const Actor& actor, store::Tenant tenant, PatientId, Purpose purpose) {
  if (tenant == store::Tenant::none || actor.tenant != tenant) return false;
  using http::Role;
  switch (purpose) {
    // A response centre sees the patients it answers for: an alarm without its readings cannot be judged.
    case Purpose::care: return actor.has(Role::hospital) || actor.has(Role::clinician) || actor.has(Role::response_centre);
    case Purpose::alarm_handling: return actor.has(Role::response_centre);
    case Purpose::plan: return actor.has(Role::clinician) || actor.has(Role::response_centre);
    case Purpose::administration: return actor.has(Role::admin);
    case Purpose::ingest: return actor.has(Role::source);
  }
  return false;
}

}  // namespace gateway::auth
