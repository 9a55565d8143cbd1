#include "gateway/auth/guard.hpp"

#include <optional>
#include <string>
#include <utility>

#include "gateway/auth/source_gate.hpp"
#include "gateway/runtime/hmac.hpp"

namespace gateway::auth {
namespace {

using http::Response;
using http::Role;

class Gate {
 public:
  Gate(const config::Config& config, std::shared_ptr<const Authenticator> authenticator, AuditTrail& audit,
       Metrics& metrics, const Clock& clock)
      : authenticator_(std::move(authenticator)),
        refusals_(audit, metrics),
        sources_(config, authenticator_, refusals_, metrics, clock),
        metrics_bearer_(config.metrics_bearer) {}

  std::optional<Response> admit(http::Request& request, const http::Route& route) const {
    if (route.roles == http::open_to_all) return admit_to_open(request, route);
    std::shared_ptr<const Actor> actor = authenticator_->actor(request);
    if ((route.roles & static_cast<http::Roles>(Role::source)) != 0)
      return sources_.admit(request, route, std::move(actor));
    if (!actor) return refusals_.unauthorized(nullptr, route);
    if ((actor->roles & route.roles) == 0) return refusals_.forbidden(*actor, route);
    request.actor = std::move(actor);
    return std::nullopt;
  }

 private:
  std::optional<Response> admit_to_open(const http::Request& request, const http::Route& route) const {
    if (metrics_bearer_.empty() || route.pattern != "/metrics") return std::nullopt;
    if (same_secret(bearer_token(request), metrics_bearer_)) return std::nullopt;
    return refusals_.unauthorized(nullptr, route);
  }

  std::shared_ptr<const Authenticator> authenticator_;
  Refusals refusals_;
  SourceGate sources_;
  std::string metrics_bearer_;
};

}  // namespace

http::Guard make_guard(const config::Config& config, std::shared_ptr<const Authenticator> authenticator,
                       AuditTrail& audit, Metrics& metrics, const Clock& clock) {
  auto gate = std::make_shared<const Gate>(config, std::move(authenticator), audit, metrics, clock);
  return [gate](http::Request& request, const http::Route& route) { return gate->admit(request, route); };
}

}  // namespace gateway::auth
