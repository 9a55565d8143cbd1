#include "gateway/api/admin_sources.hpp"

#include <algorithm>

#include "fhir/json_writer.hpp"
#include "gateway/api/admin_routes.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/auth/actor.hpp"

namespace gateway::api {
namespace {

using Shown = timers::Supervision::Shown;

void write_deadline(fhir::JsonWriter& writer, const char* key, std::chrono::seconds deadline) {
  if (deadline > std::chrono::seconds(0)) writer.member(key, static_cast<std::int64_t>(deadline.count()));
}

void write_source(fhir::JsonWriter& writer, const ingest::ConfiguredSource& source, const Shown& shown) {
  writer.begin_object().member("id", source.facts.id).member("adapter", source.facts.adapter);
  writer.member("state", thresholds::name(static_cast<thresholds::Liveness>(shown.row.state)));
  writer.member_if("reason", shown.reason);
  writer.member("heartbeat_missing", shown.row.no_heartbeat);
  if (shown.row.accepted) writer.member("last_accepted", fhir::utc_text(*shown.row.accepted));
  if (shown.row.heartbeat) writer.member("last_heartbeat", fhir::utc_text(*shown.row.heartbeat));
  writer.member("expected_now", shown.expected_now).member("quiet_seconds", static_cast<std::int64_t>(shown.quiet.count()));
  write_deadline(writer, "silent_after_seconds", shown.silent_after);
  write_deadline(writer, "heartbeat_after_seconds", shown.heartbeat_after);
  write_deadline(writer, "device_silent_after_seconds", shown.device_silent_after);
  if (shown.device_silent_after > std::chrono::seconds(0)) {
    writer.member("devices", static_cast<std::int64_t>(shown.devices));
    writer.member("devices_silent", static_cast<std::int64_t>(shown.devices_silent));
  }
  writer.end_object();
}

http::Awaitable<http::Response> list(http::Request& request, const SourceDeps& deps) {
  auto audited = co_await deps.audit.record(*request.actor, "list Source", PatientId{}, "administration", "ok");
  if (!audited) co_return problem(audited.error());
  const std::vector<Shown> all = deps.supervision.shown();
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().key("sources").begin_array();
  for (const ingest::ConfiguredSource* source : deps.sources.all()) {
    if (source->facts.tenant_no != request.actor->tenant) continue;
    const auto shown = std::find_if(all.begin(), all.end(),
                                    [&](const Shown& one) { return one.row.source == source->facts.source; });
    write_source(writer, *source, shown == all.end() ? Shown() : *shown);
  }
  writer.end_array().end_object();
  co_return http::json_response(200, std::move(out));
}

}  // namespace

void add_source_routes(http::Router& router, const SourceDeps& deps) {
  AdminRoutes routes(router, deps);
  routes.add(http::Method::get, "/admin/sources", &list);
}

}  // namespace gateway::api
