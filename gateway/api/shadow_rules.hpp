// GET /shadow-rules, POST /shadow-rules/{id}/promote: which rules judge without alarming, for how many patients, and making one of them
// alarm. What they would have raised is POST /backtests with `"shadow": true` (backtests.hpp).
#pragma once

#include "gateway/auth/audit.hpp"
#include "gateway/http/router.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/store/read_pool.hpp"

namespace gateway::api {

struct ShadowRuleDeps {
  journal::Committer& committer;
  store::ReadPool& reads;
  auth::AuditTrail& audit;
};

void add_shadow_rule_routes(http::Router&, const ShadowRuleDeps&);

}  // namespace gateway::api
