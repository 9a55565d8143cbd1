// POST /backtests, GET /backtests/{id}: what proposed limits and rules would have done with the stored readings, asked for and fetched later.
// The work runs in portions on the read workers, so that searches go on in between. Kept in memory: a restart forgets them.
#pragma once

#include <memory>
#include <string>

#include "adapters/adapter.hpp"
#include "gateway/auth/audit.hpp"
#include "gateway/http/router.hpp"
#include "gateway/ingest/judge.hpp"
#include "gateway/store/read_pool.hpp"

namespace gateway::api {

struct BacktestDeps {
  store::ReadPool& reads;
  auth::AuditTrail& audit;
  const Clock& clock;
  const ingest::JudgeSettings& judge;
  const std::string& timezone;                 // the service's, where a limit or rule names none
  std::shared_ptr<const adapters::Zone> zone;  // of days and shifts
};

void add_backtest_routes(http::Router&, const BacktestDeps&);

}  // namespace gateway::api
