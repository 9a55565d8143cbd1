#include "gateway/api/reach.hpp"

#include "gateway/auth/may.hpp"

namespace gateway::api {

bool within_reach(const auth::Actor& actor, store::Tenant tenant, PatientId patient, const registry::Responsibility& known,
                  const alarms::Services& services, fhir::Time now) {
  if (!auth::may(actor, tenant, patient, auth::Purpose::plan)) return false;
  if (actor.organization.empty()) return true;
  const std::string answering = known.at(now).organization;
  return (answering.empty() ? services.of(tenant).organization : answering) == actor.organization;
}

}  // namespace gateway::api
