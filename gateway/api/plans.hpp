// GET/PUT /patients/{id}/limits and /patients/{id}/programmes: a patient's plan, versioned with who and when (issue point 10).
#pragma once

#include "gateway/auth/audit.hpp"
#include "gateway/config/config.hpp"
#include "gateway/http/router.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/store/read_pool.hpp"

namespace gateway::api {

struct PlanDeps {
  const std::vector<config::Programme>& programmes;
  const std::string& timezone;  // of limits and rules that name none
  journal::Committer& committer;
  store::ReadPool& reads;
  auth::AuditTrail& audit;
};

void add_plan_routes(http::Router&, const PlanDeps&);

}  // namespace gateway::api
