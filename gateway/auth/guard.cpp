#include "gateway/auth/guard.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "adapters/adapter.hpp"
#include "gateway/runtime/hmac.hpp"

namespace gateway::auth {
namespace {

using http::Response;
using http::Role;

struct KnownSource {
  std::string tenant;
  const adapters::Adapter* built_in = nullptr;  // none: made from files, which take JSON
  bool takes(std::string_view media_type) const {
    if (built_in == nullptr) return media_type == "application/json";
    return std::find(built_in->content_types.begin(), built_in->content_types.end(), media_type) != built_in->content_types.end();
  }
};

class Gate {
 public:
  Gate(const config::Config& config, std::shared_ptr<const Authenticator> authenticator, AuditTrail& audit,
       Metrics& metrics)
      : authenticator_(std::move(authenticator)),
        audit_(audit),
        metrics_(metrics),
        metrics_bearer_(config.metrics_bearer) {
    for (const config::Source& source : config.sources) {
      sources_.emplace(source.id, KnownSource{source.tenant, adapters::adapter_named(source.adapter)});
    }
  }

  std::optional<Response> admit(http::Request& request, const http::Route& route) const {
    if (route.roles == http::open_to_all) return admit_to_open(request, route);
    std::shared_ptr<const Actor> actor = authenticator_->actor(request);
    const bool for_sources = (route.roles & static_cast<http::Roles>(Role::source)) != 0;
    // Decided without a look at what the path names. A client's token belongs to no source either, so it learns nothing
    // of sources.
    if (!actor || (for_sources && !actor->has(Role::source))) return unauthorized(actor.get(), route);
    if ((actor->roles & route.roles) == 0) return forbidden(*actor, route);
    if (for_sources) {
      if (std::optional<Response> refusal = refuse_source(request, route, *actor)) return refusal;
    }
    request.actor = std::move(actor);
    return std::nullopt;
  }

 private:
  std::optional<Response> admit_to_open(const http::Request& request, const http::Route& route) const {
    if (metrics_bearer_.empty() || route.pattern != "/metrics") return std::nullopt;
    if (same_secret(bearer_token(request), metrics_bearer_)) return std::nullopt;
    return unauthorized(nullptr, route);
  }

  std::optional<Response> refuse_source(const http::Request& request, const http::Route& route,
                                        const Actor& actor) const {
    std::string id(request.capture("source"));
    auto known = sources_.find(id);
    if (known == sources_.end() || known->second.tenant != actor.tenant_name) return not_found(actor, route);
    if (std::find(actor.sources.begin(), actor.sources.end(), id) == actor.sources.end())
      return forbidden(actor, route);
    if (route.method != http::Method::post || known->second.takes(request.content_type())) return std::nullopt;
    return http::error_response(415, "this source's payload format has another media type", route.errors);
  }

  Response unauthorized(const Actor* actor, const http::Route& route) const {
    metrics_.refused_unauthorized.add();
    note(actor, route, "unauthorized");
    return http::error_response(401, "a bearer token that is known here is needed", route.errors);
  }
  Response forbidden(const Actor& actor, const http::Route& route) const {
    metrics_.refused_forbidden.add();
    note(&actor, route, "denied");
    return http::error_response(403, "this token may not do that", route.errors);
  }
  Response not_found(const Actor& actor, const http::Route& route) const {
    metrics_.refused_not_found.add();
    note(&actor, route, "not-found");
    return http::error_response(404, "no such source", route.errors);
  }

  // The route's pattern, never the path: a path is the caller's text.
  void note(const Actor* actor, const http::Route& route, std::string_view outcome) const {
    std::string action(http::name(route.method));
    action.append(" ").append(route.pattern);
    audit_.refused(actor ? actor->tenant : store::Tenant::none, actor ? std::string_view(actor->id) : "", action,
                   outcome);
  }

  std::shared_ptr<const Authenticator> authenticator_;
  AuditTrail& audit_;
  Metrics& metrics_;
  std::string metrics_bearer_;
  std::unordered_map<std::string, KnownSource> sources_;
};

}  // namespace

http::Guard make_guard(const config::Config& config, std::shared_ptr<const Authenticator> authenticator,
                       AuditTrail& audit, Metrics& metrics) {
  auto gate = std::make_shared<const Gate>(config, std::move(authenticator), audit, metrics);
  return [gate](http::Request& request, const http::Route& route) { return gate->admit(request, route); };
}

}  // namespace gateway::auth
