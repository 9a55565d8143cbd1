// GET and PUT /patients/{id}/care-plan: what a patient is told to do in each zone, as FHIR CarePlan (fhir/care_plan.hpp).
#pragma once

#include "gateway/alarms/service.hpp"
#include "gateway/auth/audit.hpp"
#include "gateway/http/router.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/runtime/clock.hpp"
#include "gateway/store/read_pool.hpp"

namespace gateway::api {

struct CarePlanDeps {
  journal::Committer& committer;
  store::ReadPool& reads;
  auth::AuditTrail& audit;
  const Clock& clock;
  const alarms::Services& services;
};

void add_care_plan_routes(http::Router&, const CarePlanDeps&);

}  // namespace gateway::api
