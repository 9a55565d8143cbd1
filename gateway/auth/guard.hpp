// Who may call which route, decided before a body is read (design.md 8.2) or, for sources whose vendor signs the body,
// before it is inflated and parsed. The answers say as little as they can: a caller without proof gets the same 401
// whether or not what it asked for exists.
#pragma once

#include <memory>

#include "gateway/auth/audit.hpp"
#include "gateway/auth/authenticate.hpp"
#include "gateway/http/router.hpp"
#include "gateway/runtime/metrics.hpp"

namespace gateway::auth {

// Sets request.actor on every route that is not open. `audit`, `metrics` and the clock outlive the guard; refusals are
// counted in audit and metrics.
// `/metrics` asks for config.metrics_bearer when there is one. On routes for sources: source_gate.hpp. Elsewhere: no or
// nobody's token 401, a token without the role 403.
http::Guard make_guard(const config::Config&, std::shared_ptr<const Authenticator>, AuditTrail& audit, Metrics& metrics,
                       const Clock&);

}  // namespace gateway::auth
