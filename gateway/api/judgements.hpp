// Why, and why not: GET /patients/{id}/judgements and GET /judgements/{observation}, what was judged of a reading, by which version of
// the plan, on what it rests and what came of it (invariant 10). Every version of a reading has its own judgement.
#pragma once

#include "fhir/search.hpp"
#include "gateway/auth/audit.hpp"
#include "gateway/http/router.hpp"
#include "gateway/store/read_pool.hpp"

namespace gateway::api {

struct JudgementDeps {
  store::ReadPool& reads;
  auth::AuditTrail& audit;
  const Clock& clock;
  fhir::WallTime wall_time;  // of a day in `at`
};

void add_judgement_routes(http::Router&, const JudgementDeps&);

}  // namespace gateway::api
