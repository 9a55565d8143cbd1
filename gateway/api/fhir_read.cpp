#include <algorithm>

#include "fhir/patient.hpp"
#include "gateway/api/fhir.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/auth/may.hpp"
#include "gateway/http/etag.hpp"
#include "gateway/ingest/dispense.hpp"

namespace gateway::api {
namespace {

http::Response outcome(const fhir::Error& error) { return http::error_response(error, http::ErrorBody::operation_outcome); }

// One resource as found: its JSON, version and the patient it is about.
struct Found {
  std::string json;
  std::uint32_t version = 1;
  PatientId patient;
};
using Read = std::function<fhir::Result<Found>(store::Reader&)>;

fhir::Error no_such() { return fhir::not_found("no such resource"); }

Read read_observation(const http::Request& request, std::optional<std::uint32_t> version) {
  auto id = ObservationId::parse(request.capture("id"));
  std::shared_ptr<const auth::Actor> actor = request.actor;
  return [id, version, actor](store::Reader& reader) -> fhir::Result<Found> {
    if (!id) return no_such();
    auto row = reader.observation(*id, version);
    if (!row || !auth::may(*actor, row->tenant, row->patient, auth::Purpose::care)) return no_such();
    return Found{std::move(row->resource), row->version, row->patient};
  };
}

Read read_patient(const http::Request& request, const FhirDeps& deps) {
  auto id = PatientId::parse(request.capture("id"));
  std::shared_ptr<const auth::Actor> actor = request.actor;
  const config::Tenant* tenant = tenant_of(deps, *actor);
  return [id, actor, tenant](store::Reader& reader) -> fhir::Result<Found> {
    if (!id) return no_such();
    auto row = reader.patient(*id);
    if (!row || !auth::may(*actor, row->tenant, row->id, auth::Purpose::care)) return no_such();
    const std::string text = row->id.text();
    return Found{fhir::patient_resource({text, row->system, row->value, row->created, tenant->organization, tenant->name}), 1, row->id};
  };
}

Read read_device(const http::Request& request, const FhirDeps& deps) {
  auto id = DeviceId::parse(request.capture("id"));
  std::shared_ptr<const auth::Actor> actor = request.actor;
  const config::Tenant* tenant = tenant_of(deps, *actor);
  return [id, actor, tenant](store::Reader& reader) -> fhir::Result<Found> {
    if (!id) return no_such();
    auto row = reader.device(*id);
    if (!row || !auth::may(*actor, row->tenant, PatientId{}, auth::Purpose::care)) return no_such();
    const std::string text = row->id.text();
    return Found{fhir::device_resource({text, row->identifier, row->model, row->first_seen, tenant->organization, tenant->name}), 1, {}};
  };
}

// A dose nobody's yet is not served: whose it was is what a hospital asks.
Read read_dispense(const http::Request& request) {
  auto id = EventId::parse(request.capture("id"));
  std::shared_ptr<const auth::Actor> actor = request.actor;
  return [id, actor](store::Reader& reader) -> fhir::Result<Found> {
    if (!id) return no_such();
    auto row = reader.event(*id);
    const bool served = row && row->patient && row->kind == fhir::EventKind::medication_dispensed;
    if (!served || !auth::may(*actor, row->tenant, row->patient, auth::Purpose::care)) return no_such();
    auto patient = reader.patient(row->patient);
    if (!patient) return no_such();
    return Found{ingest::dispense_resource(*row, *patient), 1, row->patient};
  };
}

// The newest version. Its id is the patient's: one self-treatment plan for each.
Read read_care_plan(const http::Request& request) {
  auto id = PatientId::parse(request.capture("id"));
  std::shared_ptr<const auth::Actor> actor = request.actor;
  return [id, actor](store::Reader& reader) -> fhir::Result<Found> {
    if (!id) return no_such();
    auto row = reader.care_plan(*id);
    if (!row || !auth::may(*actor, row->tenant, row->patient, auth::Purpose::care)) return no_such();
    return Found{std::move(row->resource), row->version, row->patient};
  };
}

http::Awaitable<http::Response> answer(http::Request& request, const FhirDeps& deps, Read read, std::string action) {
  auto found = co_await deps.reads.run<Found>(std::move(read));
  PatientId about;
  std::string_view result = "not-found";
  if (found) {
    about = found->patient;
    result = "ok";
  } else if (found.error().category != fhir::ErrorCategory::not_found) {
    co_return outcome(found.error());
  }
  auto audited = co_await deps.audit.record(*request.actor, action, about, auth::name(auth::Purpose::care), result);
  if (!audited) co_return outcome(audited.error());
  if (!found) co_return outcome(found.error());
  std::optional<std::uint32_t> seen = http::version_of_etag(request.header("if-none-match"));
  http::Response response(304, "", "");
  if (!seen || *seen != found->version) response = http::fhir_response(200, std::move(found->json));
  response.headers.emplace_back("ETag", http::etag(found->version));
  co_return response;
}

http::Awaitable<http::Response> vread(http::Request& request, const FhirDeps& deps) {
  std::uint32_t version = 0;
  for (char c : request.capture("version")) {
    if (c < '0' || c > '9' || version > 100'000'000) co_return outcome(no_such());
    version = version * 10 + static_cast<std::uint32_t>(c - '0');
  }
  Read read = read_observation(request, version);
  co_return co_await answer(request, deps, std::move(read), "vread Observation");
}

}  // namespace

const config::Tenant* tenant_of(const FhirDeps& deps, const auth::Actor& actor) {
  static const config::Tenant none;
  for (const config::Tenant& tenant : deps.config.tenants) {
    if (tenant.id == actor.tenant_name) return &tenant;
  }
  return &none;
}

std::string base_url(const http::Request& request, const config::Config& config) {
  std::string_view host = request.header("host");
  // Only what can stand in an authority; anything else gives relative links rather than somebody's text.
  const bool plain = !host.empty() && host.find_first_not_of(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]") == std::string_view::npos;
  if (!plain) return "/fhir";
  const bool tls = std::all_of(config.listen.begin(), config.listen.end(), [](const auto& listen) { return listen.tls.has_value(); });
  const bool proxied = config.behind_proxy && request.header("x-forwarded-proto") == "https";
  return (tls || proxied ? "https://" : "http://") + std::string(host) + "/fhir";
}

void add_fhir_read_routes(http::Router& router, const FhirDeps& deps) {
  auto add = [&](std::string pattern, http::Handler handler) {
    http::Route route;
    route.method = http::Method::get;
    route.pattern = std::move(pattern);
    route.roles = http::Role::hospital | http::Role::clinician;
    route.errors = http::ErrorBody::operation_outcome;
    route.handler = std::move(handler);
    router.add(std::move(route));
  };
  add("/fhir/Observation/{id}", [&deps](http::Request& request) {
    return answer(request, deps, read_observation(request, std::nullopt), "read Observation");
  });
  add("/fhir/Observation/{id}/_history/{version}", [&deps](http::Request& request) { return vread(request, deps); });
  add("/fhir/Patient/{id}", [&deps](http::Request& request) {
    return answer(request, deps, read_patient(request, deps), "read Patient");
  });
  add("/fhir/MedicationDispense/{id}", [&deps](http::Request& request) {
    return answer(request, deps, read_dispense(request), "read MedicationDispense");
  });
  add("/fhir/CarePlan/{id}", [&deps](http::Request& request) {
    return answer(request, deps, read_care_plan(request), "read CarePlan");
  });
  add("/fhir/Device/{id}", [&deps](http::Request& request) {
    return answer(request, deps, read_device(request, deps), "read Device");
  });
}

}  // namespace gateway::api
