#include "fhir/json_writer.hpp"
#include "gateway/api/fhir.hpp"

namespace gateway::api {
namespace {

struct Parameter {
  std::string_view name, type;
};
struct Served {
  std::string_view type;
  bool versions;
  std::vector<Parameter> parameters;
};

// What docs/conformance.md says in prose. Nothing stands here that no route serves.
const std::vector<Served>& served() {
  static const std::vector<Served> all{
      {"Observation", true,
       {{"_id", "token"}, {"_lastUpdated", "date"}, {"identifier", "token"}, {"patient", "reference"}, {"subject", "reference"},
        {"patient.identifier", "token"}, {"code", "token"}, {"category", "token"}, {"date", "date"}}},
      {"Patient", false, {{"_id", "token"}, {"_lastUpdated", "date"}, {"identifier", "token"}}},
      {"MedicationDispense", false,
       {{"_id", "token"}, {"_lastUpdated", "date"}, {"patient", "reference"}, {"subject", "reference"},
        {"patient.identifier", "token"}, {"whenhandedover", "date"}}},
      {"CarePlan", false, {{"_id", "token"}, {"patient", "reference"}, {"subject", "reference"}, {"patient.identifier", "token"}}},
      {"Device", false, {{"_id", "token"}, {"_lastUpdated", "date"}, {"identifier", "token"}}},
  };
  return all;
}

std::string capability_statement() {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().member("resourceType", "CapabilityStatement").member("status", "active").member("date", "2026-11-20");
  writer.member("kind", "instance").member("fhirVersion", "4.0.1");
  writer.key("software").begin_object().member("name", "Hjemport").member("version", HJEMPORT_VERSION).end_object();
  writer.key("implementation").begin_object().member("description", "Gateway for digital home monitoring").end_object();
  writer.key("format").begin_array().value("application/fhir+json").value("json").end_array();
  writer.key("rest").begin_array().begin_object().member("mode", "server").key("resource").begin_array();
  for (const Served& one : served()) {
    writer.begin_object().member("type", one.type);
    writer.member("versioning", one.versions ? "versioned" : "no-version");
    writer.key("interaction").begin_array();
    writer.begin_object().member("code", "read").end_object();
    if (one.versions) writer.begin_object().member("code", "vread").end_object();
    writer.begin_object().member("code", "search-type").end_object().end_array();
    writer.key("searchParam").begin_array();
    for (const Parameter& parameter : one.parameters) {
      writer.begin_object().member("name", parameter.name).member("type", parameter.type).end_object();
    }
    writer.end_array().end_object();
  }
  writer.end_array().end_object().end_array().end_object();
  return out;
}

http::Awaitable<http::Response> metadata(http::Request&) { co_return http::fhir_response(200, capability_statement()); }

}  // namespace

void add_fhir_metadata_route(http::Router& router, const FhirDeps&) {
  http::Route route;
  route.method = http::Method::get;
  route.pattern = "/fhir/metadata";
  route.errors = http::ErrorBody::operation_outcome;
  route.handler = [](http::Request& request) { return metadata(request); };
  router.add(route);
}

}  // namespace gateway::api
