#include "gateway/api/reload.hpp"

#include "fhir/json_writer.hpp"
#include "gateway/api/admin_routes.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/auth/actor.hpp"

namespace gateway::api {
namespace {

void write_sources(fhir::JsonWriter& writer, std::string_view key, const std::vector<ReloadReport::Named>& sources,
                   std::string_view tenant) {
  writer.key(key).begin_array();
  for (const ReloadReport::Named& source : sources) {
    if (source.tenant == tenant) writer.value(source.id);
  }
  writer.end_array();
}

// A file's name without its folder: paths of the machine are nobody's business over HTTP.
std::string_view file_name(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }

http::Awaitable<http::Response> reload(http::Request& request, const ReloadDeps& deps) {
  std::function<fhir::Result<ReloadReport>(store::Reader&)> work = [&deps](store::Reader&) {
    return fhir::Result<ReloadReport>(deps.run());
  };
  auto report = co_await deps.reads.run<ReloadReport>(std::move(work));
  if (!report) co_return problem(report.error());
  const std::string_view outcome = report->applied ? "ok" : "refused";
  auto audited = co_await deps.audit.record(*request.actor, "reload", PatientId{}, "administration", outcome);
  if (!audited) co_return problem(audited.error());
  http::Response response = http::json_response(report->applied ? 200 : 422, reload_json(*report, request.actor->tenant_name));
  if (!report->applied) response.content_type = "application/problem+json";
  co_return response;
}

}  // namespace

std::string reload_json(const ReloadReport& report, std::string_view tenant) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object();
  if (!report.applied) {  // RFC 9457, with what is wrong as its own members
    writer.member("type", "about:blank").member("title", http::reason_of(422)).member("status", std::int64_t{422});
    writer.member("detail", "the configuration cannot be used; what ran before runs on");
  }
  writer.member("applied", report.applied);
  write_sources(writer, "added", report.added, tenant);
  write_sources(writer, "changed", report.changed, tenant);
  write_sources(writer, "removed", report.removed, tenant);
  writer.key("after_restart").begin_array();
  for (const std::string& key : report.after_restart) writer.value(key);
  writer.end_array();
  writer.key("problems").begin_array();
  for (const config::Problem& problem : report.problems) {
    writer.begin_object().member("file", file_name(problem.file));
    if (problem.line > 0) writer.member("line", static_cast<std::int64_t>(problem.line));
    writer.member("severity", problem.warning ? "warning" : "error").member("text", problem.text).end_object();
  }
  writer.end_array().end_object();
  return out;
}

void add_reload_route(http::Router& router, const ReloadDeps& deps) {
  AdminRoutes(router, deps).add(http::Method::post, "/admin/reload", &reload);
}

}  // namespace gateway::api
