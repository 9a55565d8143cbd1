// What machines ask: /healthz (the process answers), /readyz (it can store), /metrics, /openapi.json. No token, except a configured
// one for /metrics, which the guard asks for.
#pragma once

#include "gateway/http/router.hpp"
#include "gateway/runtime/metrics.hpp"
#include "gateway/store/store.hpp"

namespace gateway::api {

struct HealthDeps {
  store::Store& store;
  Metrics& metrics;
};

void add_health_routes(http::Router&, const HealthDeps&);

}  // namespace gateway::api
