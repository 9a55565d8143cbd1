#include "gateway/api/health.hpp"

#include <map>

#include "fhir/json_writer.hpp"
#include "gateway/runtime/hmac.hpp"

namespace gateway::api {
namespace {

http::Awaitable<http::Response> healthz(http::Request&) { co_return http::Response(200, "text/plain", "ok\n"); }

http::Awaitable<http::Response> readyz(http::Request&, const HealthDeps& deps) {
  const store::Store::Health health = deps.store.health();
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().member("ready", health.writable).member_if("detail", health.detail).end_object();
  int status = 503;
  if (health.writable) status = 200;
  co_return http::json_response(status, std::move(out));
}

http::Awaitable<http::Response> metrics(http::Request&, const HealthDeps& deps) {
  co_return http::Response(200, std::string(Metrics::content_type), deps.metrics.expose());
}

std::string_view method_name(http::Method method) {
  switch (method) {
    case http::Method::get: return "get";
    case http::Method::head: return "head";
    case http::Method::post: return "post";
    case http::Method::put: return "put";
    case http::Method::patch: return "patch";
    case http::Method::delete_: return "delete";
    case http::Method::options: return "options";
    case http::Method::other: break;
  }
  return "x-other";
}

// The route table as OpenAPI 3.1: made from the table itself, so that it cannot fall behind.
std::string openapi(std::span<const http::Route> routes) {
  std::map<std::string, std::vector<const http::Route*>> paths;
  for (const http::Route& route : routes) paths[route.pattern].push_back(&route);
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().member("openapi", "3.1.0");
  writer.key("info").begin_object().member("title", "Hjemport").member("version", HJEMPORT_VERSION).end_object();
  writer.key("components").begin_object().key("securitySchemes").begin_object().key("bearer").begin_object();
  writer.member("type", "http").member("scheme", "bearer").end_object().end_object().end_object();
  writer.key("paths").begin_object();
  for (const auto& [pattern, methods] : paths) {
    writer.key(pattern).begin_object();
    for (const http::Route* route : methods) {
      writer.key(method_name(route->method)).begin_object();
      if (route->roles != http::open_to_all) {
        writer.key("security").begin_array().begin_object().key("bearer").begin_array().end_array().end_object().end_array();
      }
      writer.key("parameters").begin_array();
      for (std::size_t open = pattern.find('{'); open != std::string::npos; open = pattern.find('{', open + 1)) {
        writer.begin_object().member("name", pattern.substr(open + 1, pattern.find('}', open) - open - 1));
        writer.member("in", "path").member("required", true);
        writer.key("schema").begin_object().member("type", "string").end_object().end_object();
      }
      writer.end_array().key("responses").begin_object().key("default").begin_object();
      writer.member("description", "see docs/api.md").end_object().end_object().end_object();
    }
    writer.end_object();
  }
  writer.end_object().end_object();
  return out;
}

http::Awaitable<http::Response> describe(http::Request&, const http::Router& router) {
  co_return http::json_response(200, openapi(router.routes()));
}

}  // namespace

void add_health_routes(http::Router& router, const HealthDeps& deps) {
  auto get = [&](std::string pattern, http::Handler handler) {
    http::Route route;
    route.method = http::Method::get;
    route.pattern = std::move(pattern);
    route.handler = std::move(handler);
    router.add(std::move(route));
  };
  get("/healthz", [](http::Request& request) { return healthz(request); });
  get("/readyz", [&deps](http::Request& request) { return readyz(request, deps); });
  get("/metrics", [&deps](http::Request& request) { return metrics(request, deps); });
  get("/openapi.json", [&router](http::Request& request) { return describe(request, router); });
}

}  // namespace gateway::api
