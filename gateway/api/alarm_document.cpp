#include "gateway/api/alarm_document.hpp"

#include "gateway/api/problem.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/auth/may.hpp"

namespace gateway::api {
namespace {

struct Found {
  PatientId patient;
  fhir::Result<deliver::FollowUpDocument> document;  // or why there is none
};

http::Awaitable<http::Response> read_document(http::Request& request, const AlarmDocumentDeps& deps) {
  auto id = AlarmId::parse(request.capture("id"));
  std::shared_ptr<const auth::Actor> actor = request.actor;
  const alarms::Publisher& publisher = deliver::publisher_of(deps.publishers, actor->tenant_name);
  std::function<fhir::Result<Found>(store::Reader&)> read = [&](store::Reader& reader) -> fhir::Result<Found> {
    std::optional<store::Alarm> row;
    if (id) row = reader.alarm(*id);
    if (!row || !auth::may(*actor, row->tenant, row->patient, auth::Purpose::care))
      return fhir::not_found("no such alarm");
    auto alarm = alarms::alarm_from_stored(*row);
    if (!alarm) return alarm.error();
    return Found{row->patient, deliver::follow_up(reader, *alarm, publisher)};
  };
  auto found = co_await deps.reads.run<Found>(std::move(read));
  const bool missing = !found && found.error().category == fhir::ErrorCategory::not_found;
  if (!found && !missing) co_return problem(found.error());
  const PatientId about = missing ? PatientId{} : found->patient;
  std::string_view outcome = "ok";
  if (missing)
    outcome = "not-found";
  else if (!found->document)
    outcome = "none";
  auto audited = co_await deps.audit.record(*actor, "read AlarmDocument", about, "alarm-handling", outcome);
  if (!audited) co_return problem(audited.error());
  if (missing) co_return problem(found.error());
  if (!found->document) co_return problem(found->document.error());
  co_return http::fhir_response(200, std::move(found->document->json));
}

}  // namespace

void add_alarm_document_route(http::Router& router, const AlarmDocumentDeps& deps) {
  http::Route route;
  route.method = http::Method::get;
  route.pattern = "/alarms/{id}/document";
  route.roles = http::Role::response_centre | http::Role::clinician;
  route.handler = [&deps](http::Request& request) { return read_document(request, deps); };
  router.add(std::move(route));
}

}  // namespace gateway::api
