#include "gateway/alarms/detected_issue.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "fhir/json_reader.hpp"
#include "tests/gateway/alarms/examples.hpp"

using namespace gateway;
using namespace gateway::alarms;
using namespace gateway::alarms::examples;
using thresholds::Action;
using thresholds::Severity;

namespace {

// Synthetic number (month + 80).
const IssueContext context{"urn:oid:2.16.578.1.12.4.1.4.1", "13816098745", "gateway-1"};

fhir::JsonDocument issue(const Alarm& alarm, const IssueContext& with = context) {
  auto document = fhir::JsonDocument::parse(detected_issue(alarm, with));
  REQUIRE(document.has_value());
  return std::move(*document);
}

// FHIR R4: no empty strings, arrays or objects, no nulls.
void check_nothing_empty(fhir::JsonValue value) {
  INFO(value.path());
  CHECK_FALSE(value.is_null());
  if (value.is_string()) CHECK_FALSE(value.text()->empty());
  if (value.is_array() || value.is_object()) {
    CHECK(value.size() > 0);
    for (fhir::JsonValue child : value) check_nothing_empty(child);
  }
}

Alarm resolved(std::string note) {
  return *apply_action(red(), by_kari(Action::resolve, std::move(note)), "centre", false, morning + 1h)->alarm;
}

}  // namespace

TEST_CASE("detected issue: a limit alarm is a finding", "[gateway][alarms][fhir]") {
  CHECK(
      detected_issue(red(), context) ==
      R"({"resourceType":"DetectedIssue","id":"00000000000000a1",)"
      R"("meta":{"versionId":"1","lastUpdated":"2026-11-20T07:00:02.000Z"},)"
      R"("extension":[{"url":"urn:hjemport:alarm-severity-level","valueCodeableConcept":{"coding":[)"
      R"({"system":"urn:hjemport:alarm-severity","code":"severe"},)"
      R"({"system":"http://ehelse.no/fhir/CodeSystem/vkp-severity-level-v090","code":"30","display":"Alvorlig"}]}}],)"
      R"("identifier":[{"system":"urn:hjemport:alarm","value":"00000000000000a1"}],"status":"final",)"
      R"("code":{"coding":[{"system":"http://ehelse.no/fhir/CodeSystem/vkp-alert-code-v090","code":"5.2.1",)"
      R"("display":"Måledata rapportert"}]},"severity":"high",)"
      R"("patient":{"reference":"Patient/0000000000001001","type":"Patient",)"
      R"("identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13816098745"}},)"
      R"("identifiedDateTime":"2026-11-20T07:00:00.000Z",)"
      R"("author":{"type":"Device","identifier":{"system":"urn:hjemport:device","value":"gateway-1"},"display":"Hjemport"},)"
      R"("implicated":[{"reference":"Observation/00000000000000b1","type":"Observation"}],)"
      R"("detail":"SpO2 86 %, grense 88"})");
}

TEST_CASE("detected issue: severity and VKP level", "[gateway][alarms][fhir]") {
  struct Row {
    Severity severity;
    std::string fhir, code, vkp, display;
  };
  const std::vector<Row> rows{{Severity::normal, "low", "normal", "10", "Normal"},
                              {Severity::moderate, "moderate", "moderate", "20", "Moderat"},
                              {Severity::severe, "high", "severe", "30", "Alvorlig"},
                              {Severity::critical, "high", "critical", "40", "Kritisk"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.code) {
      Alarm alarm = red();
      alarm.machine.severity = row.severity;
      fhir::JsonDocument document = issue(alarm);
      CHECK(document.root()["severity"].text() == row.fhir);
      fhir::JsonValue codings = document.root()["extension"].at(0)["valueCodeableConcept"]["coding"];
      CHECK(codings.at(0)["code"].text() == row.code);
      CHECK(codings.at(1)["code"].text() == row.vkp);
      CHECK(codings.at(1)["display"].text() == row.display);
    }
  }
}

TEST_CASE("detected issue: how it was closed is its mitigation", "[gateway][alarms][fhir]") {
  CHECK(issue(red()).root()["mitigation"].absent());

  fhir::JsonDocument by_person = issue(resolved("Ringte pasienten, ny måling 94 %"));
  fhir::JsonValue mitigation = by_person.root()["mitigation"].at(0);
  CHECK(mitigation["action"]["text"].text() == "Ringte pasienten, ny måling 94 %");
  CHECK(mitigation["date"].text() == "2026-11-20T08:00:00.000Z");
  CHECK(mitigation["author"]["display"].text() == "Kari Vakt");

  CHECK(issue(resolved("")).root()["mitigation"].at(0)["action"]["text"].text() == "Avsluttet");

  Alarm technical = red();
  technical.origin = Origin::technical;
  Alarm restored = *apply_restored(technical, "", morning + 1h).alarm;
  fhir::JsonDocument by_itself = issue(restored);
  CHECK(by_itself.root()["mitigation"].at(0)["action"]["text"].text() == "Årsaken er borte");
  CHECK(by_itself.root()["mitigation"].at(0)["author"].absent());

  Alarm reopened = *apply_action(resolved("x"), by_kari(Action::reopen), "centre", false, morning + 2h)->alarm;
  CHECK(issue(reopened).root()["mitigation"].absent());
}

TEST_CASE("detected issue: a person is named, never identified", "[gateway][alarms][fhir]") {
  ActionRequest request{Action::resolve, "", "13816098745", "Kari"};
  Alarm alarm = *apply_action(red(), request, "centre", false, morning)->alarm;
  CHECK(detected_issue(alarm, {}).find("13816098745") == std::string::npos);
  request.by_name.clear();
  alarm = *apply_action(red(), request, "centre", false, morning)->alarm;
  CHECK(detected_issue(alarm, {}).find("13816098745") == std::string::npos);
}

TEST_CASE("detected issue: a press names its device, and nobody where nobody is known", "[gateway][alarms][fhir]") {
  SafetyEvent event = press(morning);
  event.patient = {};
  event.thing = "oth/SN-3";
  event.contact = "+4700000000";
  fhir::JsonDocument document = issue(*apply_event(nullptr, event, at(morning)).alarm);
  CHECK(document.root()["patient"].absent());
  CHECK(document.root()["code"]["coding"].at(0)["code"].text() == "3");
  CHECK(document.root()["implicated"].size() == 1);
  CHECK(document.root()["implicated"].at(0)["identifier"]["value"].text() == "SN-3");
  CHECK(document.root()["detail"].text() == "Trygghetsalarm; ring tilbake: +4700000000");
}

TEST_CASE("detected issue: nothing in it is empty", "[gateway][alarms][fhir]") {
  SafetyEvent bare = press(morning);
  bare.device.clear();
  bare.patient = {};
  Alarm wordless = red();
  wordless.reason.text.clear();
  wordless.code.display.clear();
  struct Row {
    std::string name;
    Alarm alarm;
  };
  const std::vector<Row> rows{{"limit", red()},
                              {"resolved", resolved("")},
                              {"bare event", *apply_event(nullptr, bare, at(morning)).alarm},
                              {"without words", wordless}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      check_nothing_empty(issue(row.alarm).root());
      check_nothing_empty(issue(row.alarm, {}).root());
    }
  }
}
