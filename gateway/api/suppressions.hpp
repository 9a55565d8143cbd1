// Suppressions: POST and GET /patients/{id}/suppressions, GET /suppressions of the whole tenant, GET /suppressions/{id} and POST
// /suppressions/{id}/actions (end, extend, review).
#pragma once

#include <string>

#include "gateway/alarms/service.hpp"
#include "gateway/auth/audit.hpp"
#include "gateway/http/router.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/runtime/clock.hpp"
#include "gateway/store/read_pool.hpp"

namespace gateway::api {

struct SuppressionDeps {
  const std::string& timezone;  // in which people are told its times
  journal::Committer& committer;
  store::ReadPool& reads;
  auth::AuditTrail& audit;
  const Clock& clock;
  const alarms::Services& services;
};

void add_suppression_routes(http::Router&, const SuppressionDeps&);

}  // namespace gateway::api
