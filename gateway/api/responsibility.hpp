// GET and PUT /patients/{id}/responsibility: which organisation answers for a patient when.
#pragma once

#include "gateway/alarms/service.hpp"
#include "gateway/auth/audit.hpp"
#include "gateway/http/router.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/runtime/clock.hpp"
#include "gateway/store/read_pool.hpp"

namespace gateway::api {

struct ResponsibilityDeps {
  journal::Committer& committer;
  store::ReadPool& reads;
  auth::AuditTrail& audit;
  const Clock& clock;
  const alarms::Services& services;
};

void add_responsibility_routes(http::Router&, const ResponsibilityDeps&);

}  // namespace gateway::api
