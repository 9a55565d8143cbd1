#include "gateway/demo/enrolment.hpp"

#include <cmath>

#include "fhir/json_reader.hpp"
#include "fhir/json_writer.hpp"
#include "fhir/national_id.hpp"

namespace gateway::demo {
namespace {

// Fixed, and before anything these people measure: a second run corrects no period.
constexpr std::string_view linked_from = "2020-01-01T00:00:00+01:00";
constexpr std::chrono::seconds answer_within{10};

std::string not_done(std::string_view what, const deliver::HttpResponse& response) {
  std::string text(what);
  if (response.status == 0) return text + ": " + response.error;
  return text + " was answered " + std::to_string(response.status);
}

bool good(const deliver::HttpResponse& response) {
  return response.status == 200 || response.status == 201;
}

std::string link_json(const Person& person, const std::string& source) {
  std::string body;
  fhir::JsonWriter writer(body);
  writer.begin_object()
      .member("source", source)
      .member("subject", person.account.subject)
      .key("patient")
      .begin_object();
  writer.member("system", fhir::fnr_system).member("value", person.account.national_number).end_object();
  writer.member("from", linked_from).end_object();
  return body;
}

std::string programmes_json(Condition condition) {
  std::string body;
  fhir::JsonWriter(body)
      .begin_object()
      .key("programmes")
      .begin_array()
      .value(programme_of(condition))
      .end_array()
      .end_object();
  return body;
}

// Yellow above 3 kg over the habitual weight, red above 4.5. Ours: around a target weight, and beyond what the programme's rules on
// changes tell of earlier.
std::string weight_limit_json(const Body& body) {
  const auto tenths = [&](double above) { return fhir::Decimal(std::llround((body.weight_kg + above) * 10), 1); };
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().key("limits").begin_array().begin_object().member("kind", "body-weight");
  writer.member("warning_high", tenths(3)).member("alert_high", tenths(4.5));
  writer.end_object().end_array().end_object();
  return out;
}

std::string expected_rule_json(std::chrono::minutes every) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().key("rules").begin_array().begin_object().member("id", "expected-saturation").member("severity", "normal");
  writer.key("missing").begin_object().member("kind", "oxygen-saturation").member("every", std::to_string(every.count()) + "m");
  writer.end_object().end_object().end_array().end_object();
  return out;
}

// OURS, in the words of a leaflet: what somebody with COPD is told to do.
constexpr std::string_view copd_plan_json =
    R"({"title":"Egenbehandlingsplan KOLS","zones":[)"
    R"({"zone":"green","feel":"Som vanlig","advice":["Ta medisinene som vanlig","Hold deg i aktivitet"]},)"
    R"({"zone":"yellow","feel":"Mer tungpustet eller mer slim enn vanlig","advice":["Hvil, og bruk leppepust","Mål igjen om en time"],)"
    R"("medicines":"Som avtalt i medisinlisten","contact":"Oppfølgingstjenesten i åpningstiden"},)"
    R"({"zone":"red","feel":"Så tungpustet at det er vanskelig å snakke","advice":["Sitt oppreist","Ring 113"]}]})";

}  // namespace

std::string_view programme_of(Condition condition) {
  return condition == Condition::copd ? "copd" : "heart-failure";
}

deliver::HttpResponse Enroller::ask(std::string method, const std::string& path, std::string body) const {
  deliver::HttpRequest request;
  request.method = std::move(method);
  request.url = url + path;
  request.headers = {{"Authorization", "Bearer " + token}};
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  request.timeout = answer_within;
  return send(std::move(request));
}

std::string Enroller::enrol(const Person& person, const std::string& source) const {
  const deliver::HttpResponse linked = ask("POST", "/links", link_json(person, source));
  if (!good(linked)) return not_done("POST /links", linked);
  auto link = fhir::JsonDocument::parse(linked.body);
  const auto patient = link ? link->root()["patient"]["id"].text() : std::nullopt;
  if (!patient) return "POST /links named no patient";
  const std::string plan = "/patients/" + std::string(*patient);
  if (person.body.condition == Condition::heart_failure) {
    // Before the programme: what is set by hand stays when the programme's defaults are copied.
    const deliver::HttpResponse limits = ask("PUT", plan + "/limits", weight_limit_json(person.body));
    if (!good(limits)) return not_done("PUT /patients/{id}/limits", limits);
  }
  if (person.expected_every.count() > 0) {
    const deliver::HttpResponse rules = ask("PUT", plan + "/limits", expected_rule_json(person.expected_every));
    if (!good(rules)) return not_done("PUT /patients/{id}/limits", rules);
  }
  const deliver::HttpResponse enrolled = ask("PUT", plan + "/programmes", programmes_json(person.body.condition));
  if (!good(enrolled)) return not_done("PUT /patients/{id}/programmes", enrolled);
  if (person.body.condition != Condition::copd) return {};
  const deliver::HttpResponse advised = ask("PUT", plan + "/care-plan", std::string(copd_plan_json));
  return good(advised) ? std::string() : not_done("PUT /patients/{id}/care-plan", advised);
}

}  // namespace gateway::demo
