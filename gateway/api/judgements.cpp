#include "gateway/api/judgements.hpp"

#include <algorithm>

#include "fhir/json_writer.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/auth/may.hpp"

namespace gateway::api {
namespace {

constexpr std::string_view purpose = "alarm-handling";
constexpr std::size_t judgements_most = 200;  // OURS: of one answer, newest first
constexpr std::chrono::hours usual_period{24};

std::string_view status_text(store::Status status) {
  static constexpr std::string_view names[] = {"final", "amended", "entered-in-error"};
  return names[static_cast<std::size_t>(status)];
}

void write_judged(fhir::JsonWriter& writer, const store::Observation& row) {
  writer.begin_object().member("observation", row.id.text()).member("version", static_cast<std::int64_t>(row.version));
  writer.member("status", status_text(row.status)).member("kind", fhir::info(row.kind).name);
  writer.member("measured", fhir::utc_millis_text(row.measured)).member("committed", fhir::utc_millis_text(row.updated));
  if (row.value) writer.member("value", *row.value).member_if("unit", fhir::info(row.kind).unit);
  if (!row.components.empty()) {
    writer.key("components").begin_object();
    for (const store::ComponentValue& component : row.components) writer.member(fhir::info(component.kind).name, component.value);
    writer.end_object();
  }
  writer.key("judgement");
  if (row.judgement.empty()) {
    writer.null();
  } else {
    writer.raw(row.judgement);
  }
  writer.end_object();
}

fhir::Result<store::ObservationFilter> asked_of(const http::Request& request, const JudgementDeps& deps) {
  store::ObservationFilter filter;
  filter.sort = {fhir::SortKey::date, true};
  filter.limit = judgements_most;
  const auto parameters = http::parse_form(request.query);
  if (!parameters) return fhir::invalid("query: a malformed escape");
  for (const auto& [name, value] : *parameters) {
    if (name == "at") {
      auto period = fhir::parse_search("Observation", {{"date", value}}, deps.wall_time);
      if (!period) return fhir::invalid("at: expected a time or a day as in a search's date (2026-11-26, 2026-11-26T08:15+01:00)");
      filter.measured = period->dates;
    } else if (name == "kind") {
      const fhir::Kind kind = fhir::kind_named(value);
      if (kind == fhir::Kind::unknown) return fhir::invalid("kind: there is none of that name");
      filter.kinds = {kind};
    } else {
      return fhir::invalid(name.substr(0, 40) + ": unknown; known are at, kind");
    }
  }
  if (filter.measured.empty()) {
    const fhir::Time from = deps.clock.now() - usual_period;
    filter.measured = {{fhir::DatePrefix::ge, from, from}};
  }
  return filter;
}

http::Awaitable<http::Response> of_patient(http::Request& request, const JudgementDeps& deps) {
  auto id = PatientId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such patient");
  auto asked = asked_of(request, deps);
  if (!asked) co_return problem(asked.error());
  std::shared_ptr<const auth::Actor> actor = request.actor;
  store::ObservationFilter filter = *asked;
  filter.tenant = actor->tenant;
  filter.patients = {*id};
  std::function<fhir::Result<std::string>(store::Reader&)> read = [id, actor, filter](store::Reader& reader) -> fhir::Result<std::string> {
    const auto patient = reader.patient(*id);
    if (!patient || !auth::may(*actor, patient->tenant, *id, auth::Purpose::care)) return fhir::not_found("no such patient");
    const store::ObservationPage page = reader.search(filter);
    std::string out;
    fhir::JsonWriter writer(out);
    writer.begin_object().key("judgements").begin_array();
    for (const store::Observation& shown : page.rows) {
      // A page leaves judgements out.
      if (const auto row = reader.observation(shown.id, shown.version)) write_judged(writer, *row);
    }
    writer.end_array().member("more", page.more).end_object();
    return out;
  };
  auto found = co_await deps.reads.run<std::string>(std::move(read));
  const PatientId about = found ? *id : PatientId{};
  const std::string_view outcome = found ? "ok" : "not-found";
  auto audited = co_await deps.audit.record(*actor, "read judgements", about, purpose, outcome);
  if (!audited) co_return problem(audited.error());
  if (!found) co_return problem(found.error());
  co_return http::json_response(200, std::move(*found));
}

struct Versions {
  PatientId patient;
  std::string json;
};

http::Awaitable<http::Response> of_reading(http::Request& request, const JudgementDeps& deps) {
  auto id = ObservationId::parse(request.capture("id"));
  if (!id) co_return problem(404, "no such reading");
  std::shared_ptr<const auth::Actor> actor = request.actor;
  std::function<fhir::Result<Versions>(store::Reader&)> read = [id, actor](store::Reader& reader) -> fhir::Result<Versions> {
    const auto current = reader.observation(*id);
    if (!current || !auth::may(*actor, current->tenant, current->patient, auth::Purpose::care)) return fhir::not_found("no such reading");
    Versions versions;
    versions.patient = current->patient;
    fhir::JsonWriter writer(versions.json);
    writer.begin_object().member("observation", id->text()).member("patient", current->patient.text()).key("versions").begin_array();
    for (const store::VersionMark& mark : reader.versions(*id)) {
      if (const auto row = reader.observation(*id, mark.version)) write_judged(writer, *row);
    }
    writer.end_array().end_object();
    return versions;
  };
  auto found = co_await deps.reads.run<Versions>(std::move(read));
  const PatientId about = found ? found->patient : PatientId{};
  const std::string_view outcome = found ? "ok" : "not-found";
  auto audited = co_await deps.audit.record(*actor, "read judgements", about, purpose, outcome);
  if (!audited) co_return problem(audited.error());
  if (!found) co_return problem(found.error());
  co_return http::json_response(200, std::move(found->json));
}

}  // namespace

void add_judgement_routes(http::Router& router, const JudgementDeps& deps) {
  http::Route patient;
  patient.method = http::Method::get;
  patient.pattern = "/patients/{id}/judgements";
  patient.roles = http::Role::response_centre | http::Role::clinician;
  patient.handler = [&deps](http::Request& request) { return of_patient(request, deps); };
  router.add(std::move(patient));
  http::Route reading;
  reading.method = http::Method::get;
  reading.pattern = "/judgements/{id}";
  reading.roles = http::Role::response_centre | http::Role::clinician;
  reading.handler = [&deps](http::Request& request) { return of_reading(request, deps); };
  router.add(std::move(reading));
}

}  // namespace gateway::api
