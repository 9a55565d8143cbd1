// What machines ask: /healthz (the process answers), /readyz (it can store), /metrics, /openapi.json. No token, except a configured
// one for /metrics.
#pragma once

#include "gateway/http/router.hpp"
#include "gateway/runtime/metrics.hpp"
#include "gateway/store/store.hpp"

namespace gateway::api {

struct HealthDeps {
  store::Store& store;
  Metrics& metrics;
  std::string metrics_bearer;  // empty: open
};

void add_health_routes(http::Router&, const HealthDeps&);

}  // namespace gateway::api
