// Whether a client decides about a patient: plans and suppressions of whoever its organisation answers for.
#pragma once

#include "gateway/alarms/service.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/registry/responsibility.hpp"

namespace gateway::api {

// A client of one organisation deals with whom that one answers for now: it may pass a patient on, and never take one. A client without
// organisation deals with the whole tenant's.
bool within_reach(const auth::Actor&, store::Tenant, PatientId, const registry::Responsibility&, const alarms::Services&, fhir::Time now);

}  // namespace gateway::api
