// POST /admin/reload: the configuration is read again; the answer says what changed, what waits for a restart, and every problem.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/auth/audit.hpp"
#include "gateway/config/config.hpp"
#include "gateway/http/router.hpp"
#include "gateway/store/read_pool.hpp"

namespace gateway::api {

struct ReloadReport {
  bool applied = false;                         // false: something is wrong, and what ran before runs on
  std::vector<config::Problem> problems;        // warnings too
  struct Named {
    std::string id, tenant;
  };
  std::vector<Named> added, changed, removed;   // sources
  std::vector<std::string> after_restart;       // keys of the file whose new values wait for a restart
};
// The sources of one tenant only: what another has is not this one's to know.
std::string reload_json(const ReloadReport&, std::string_view tenant);

struct ReloadDeps {
  std::function<ReloadReport()> run;  // blocks; called on a reader thread
  store::ReadPool& reads;
  auth::AuditTrail& audit;
};

void add_reload_route(http::Router&, const ReloadDeps&);

}  // namespace gateway::api
