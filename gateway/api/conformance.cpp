#include "gateway/api/conformance.hpp"

#include "fhir/json_reader.hpp"
#include "gateway/api/admin_routes.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/auth/actor.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view purpose = "administration";
constexpr std::int64_t longest_minutes = 7 * 24 * 60, most_refused = 10;

// The source of the path, if it is of the caller's tenant.
const ingest::ConfiguredSource* source_of(const http::Request& request, const ConformanceDeps& deps) {
  const ingest::ConfiguredSource* source = deps.sources.find(request.capture("id"));
  return source == nullptr || source->facts.tenant_no != request.actor->tenant ? nullptr : source;
}

http::Awaitable<http::Response> begin(http::Request& request, const ConformanceDeps& deps) {
  const ingest::ConfiguredSource* source = source_of(request, deps);
  if (source == nullptr) co_return problem(404, "no such source");
  std::int64_t minutes = 60, refuse = 0;
  if (!request.body.empty()) {
    auto body = fhir::JsonDocument::parse(request.body);
    if (!body || !body->root().is_object()) co_return problem(400, "an object with minutes and refuse");
    for (fhir::JsonValue member : body->root()) {
      auto number = member.as_integer();
      if (!number || *number < 0) co_return problem(400, "minutes and refuse are whole numbers");
      if (member.key() == "minutes") {
        minutes = *number;
      } else if (member.key() == "refuse") {
        refuse = *number;
      } else {
        co_return problem(400, "unknown member; minutes and refuse are known");
      }
    }
  }
  if (minutes < 1 || minutes > longest_minutes) co_return problem(400, "minutes: 1 to 10080");
  if (refuse > most_refused) co_return problem(400, "refuse: 0 to 10");
  auto audited = co_await deps.audit.record(*request.actor, "begin Conformance", PatientId{}, purpose, "ok");
  if (!audited) co_return problem(audited.error());
  const fhir::Time now = deps.clock.now();
  deps.watches.begin(source->facts.id, now, std::chrono::minutes(minutes), static_cast<int>(refuse));
  co_return http::json_response(201, deps.watches.json(source->facts.id, now).value_or("{}"));
}

http::Awaitable<http::Response> report(http::Request& request, const ConformanceDeps& deps) {
  const ingest::ConfiguredSource* source = source_of(request, deps);
  if (source == nullptr) co_return problem(404, "no such source");
  auto audited = co_await deps.audit.record(*request.actor, "read Conformance", PatientId{}, purpose, "ok");
  if (!audited) co_return problem(audited.error());
  std::optional<std::string> json = deps.watches.json(source->facts.id, deps.clock.now());
  if (!json) co_return problem(404, "this source is not watched");
  co_return http::json_response(200, std::move(*json));
}

http::Awaitable<http::Response> end(http::Request& request, const ConformanceDeps& deps) {
  const ingest::ConfiguredSource* source = source_of(request, deps);
  if (source == nullptr || !deps.watches.end(source->facts.id)) co_return problem(404, "this source is not watched");
  co_return http::Response(204, "", "");
}

}  // namespace

void add_conformance_routes(http::Router& router, const ConformanceDeps& deps) {
  constexpr auto pattern = "/admin/sources/{id}/conformance";
  AdminRoutes routes(router, deps);
  routes.add(http::Method::post, pattern, &begin);
  routes.add(http::Method::get, pattern, &report);
  routes.add(http::Method::delete_, pattern, &end);
}

}  // namespace gateway::api
