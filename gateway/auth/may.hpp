// The one function that says whether somebody may see or do something about a patient (invariant 11): search, streams, exports and
// deliveries all ask it.
#pragma once

#include <string_view>

#include "gateway/auth/actor.hpp"

namespace gateway::auth {

enum class Purpose : std::uint8_t { care, alarm_handling, plan, administration, ingest };
std::string_view name(Purpose);  // "alarm-handling"

// Today's rule (design.md 8.3): the tenant is the actor's own and a role fits the purpose; until responsibility periods and grants
// exist, every patient of the tenant is within reach. `patient` may be none: a thing of the tenant without a patient.
bool may(const Actor&, store::Tenant tenant, PatientId patient, Purpose);

}  // namespace gateway::auth
