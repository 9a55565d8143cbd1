// Who may call which route, decided before a body is read (design.md 8.2). The answers say as little as they can: a
// token of nobody gets the same 401 whether or not what it asked for exists.
#pragma once

#include <memory>

#include "gateway/auth/audit.hpp"
#include "gateway/auth/authenticate.hpp"
#include "gateway/http/router.hpp"
#include "gateway/runtime/metrics.hpp"

namespace gateway::auth {

// Sets request.actor on every route that is not open. `audit` and `metrics` outlive the guard; refusals are counted in
// both.
// `/metrics` asks for config.metrics_bearer when there is one. On routes for sources the capture {source} decides:
//   no source has the token                      401, one body, whatever the path names
//   the token's own source                       pass; 415 when its adapter does not take the body's media type
//   another source of the same tenant            403
//   no such source, or one of another tenant     404
// Elsewhere: no or nobody's token 401, a token without the role 403.
http::Guard make_guard(const config::Config&, std::shared_ptr<const Authenticator>, AuditTrail& audit,
                       Metrics& metrics);

}  // namespace gateway::auth
