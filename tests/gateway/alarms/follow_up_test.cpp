// The follow-up document against tests/golden/follow-up, made up alarms. To change one: UPDATE_GOLDEN=1 gateway_tests
// "follow-up document*", then read the difference.
#include "gateway/alarms/follow_up.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include "fhir/follow_up_checks.hpp"
#include "gateway/runtime/zone.hpp"
#include "tests/gateway/alarms/examples.hpp"
#include "tests/support/golden.hpp"

using namespace gateway;
using namespace gateway::alarms;
using namespace gateway::alarms::examples;
using thresholds::Action;

namespace {

constexpr const char* fnr = "urn:oid:2.16.578.1.12.4.1.4.1";
constexpr const char* number = "05898597468";  // synthetic

std::string observation(int percent) {
  return R"({"resourceType":"Observation","identifier":[{"system":"urn:hjemport:reading","value":"k-)" +
         std::to_string(percent) +
         R"("}],"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category",)"
         R"("code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},)"
         R"("subject":{"type":"Patient","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}},)"
         R"("effectiveDateTime":"2026-11-20T08:00:00+01:00","valueQuantity":{"value":)" +
         std::to_string(percent) +
         R"(,"unit":"%","system":"http://unitsofmeasure.org","code":"%"},)"
         R"("device":{"type":"Device","identifier":{"system":"urn:hjemport:device","value":"SN-9"}}})";
}

FollowUpContext context_in(Language language = Language::nb) {
  FollowUpContext context;
  context.publisher = {"972418013", "Bodø kommune", language, *find_zone("Europe/Oslo")};
  context.patient_system = fnr;
  context.patient_value = number;
  return context;
}

FollowUpContext with_readings(Language language = Language::nb) {
  FollowUpContext context = context_in(language);
  context.readings = {{ObservationId{0xB1}, DeviceId{0xD1}, observation(86)}};
  context.devices = {{DeviceId{0xD1}, "SN-9", "Oximeter X"}};
  return context;
}

// As the store would: every change goes through the stored form.
Alarm kept(const Alarm& alarm) {
  return *alarm_from_stored(row(alarm, store::Tenant{1}));
}

Alarm acted(const Alarm& alarm, Action action, std::chrono::minutes when, std::string note = {}) {
  auto change = apply_action(alarm, by_kari(action, std::move(note)), "centre", false, morning + when);
  REQUIRE(change.has_value());
  return kept(*change->alarm);
}

// A red saturation, taken, driven out for, resolved.
Alarm closed() {
  Alarm alarm = acted(red(), Action::acknowledge, 3min);
  alarm = acted(alarm, Action::take, 5min);
  alarm = acted(alarm, Action::note, 8min, "Svarer ikke på telefon");
  alarm = acted(alarm, Action::dispatch, 10min, "Bil 4");
  alarm = acted(alarm, Action::accept_dispatch, 12min);
  return acted(alarm, Action::resolve, 75min, "Årsak: Glemt oksygen\nTiltak: Satte på oksygen\nRoligere da vi dro.");
}

Alarm closed_press(std::string note) {
  Alarm alarm = *apply_event(nullptr, press(morning), at(morning + 1s)).alarm;
  return acted(alarm, Action::resolve, 10min, std::move(note));
}

std::string document(const Alarm& alarm, const FollowUpContext& context) {
  auto closing = closing_of(alarm);
  REQUIRE(closing.has_value());
  return follow_up_document(alarm, *closing, context);
}

std::vector<std::string> problems(const std::string& json) {
  auto parsed = fhir::JsonDocument::parse(json);
  REQUIRE(parsed.has_value());
  return fhir::follow_up_document_problems(parsed->root());
}

// One entry a line, so that a difference can be read.
std::string by_lines(const std::string& json) {
  std::string out;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json.compare(i, 12, "{\"fullUrl\":\"") == 0 || json.compare(i, 10, "{\"title\":\"") == 0) out += '\n';
    out += json[i];
  }
  return out + "\n";
}

void check_golden(const std::string& name, const std::string& json) {
  CAPTURE(name);
  CHECK(problems(json) == std::vector<std::string>{});
  const std::filesystem::path path = test::golden_folder("follow-up") / (name + ".json");
  const char* update = std::getenv("UPDATE_GOLDEN");
  if (update != nullptr && std::string_view(update) == "1") std::ofstream(path, std::ios::binary) << by_lines(json);
  CHECK(by_lines(json) == test::file_content(path));
}

std::string events(const std::string& json) {
  auto parsed = fhir::JsonDocument::parse(json);
  std::string codes;
  for (fhir::JsonValue event : parsed->root()["entry"].at(0)["resource"]["event"])
    codes += std::string(codes.empty() ? "" : " ") + std::string(*event["code"].at(0)["coding"].at(0)["code"].text());
  return codes;
}

}  // namespace

TEST_CASE("follow-up document: golden files", "[gateway][alarms][follow-up][golden]") {
  check_golden("saturation", document(closed(), with_readings()));
  check_golden("press-without-note", document(closed_press(""), context_in()));
  Alarm again = acted(closed(), Action::reopen, 80min, "Falt i trappen");
  again = acted(again, Action::resolve, 90min, "Measure: spoke to the daughter");
  check_golden("closed-again-in-english", document(again, with_readings(Language::en)));
}

TEST_CASE("follow-up document: the same alarm gives the same bytes", "[gateway][alarms][follow-up]") {
  const std::string once = document(closed(), with_readings());
  CHECK(document(closed(), with_readings()) == once);
  // What people write after the closing is not in it.
  CHECK(document(acted(closed(), Action::note, 100min, "etterpå"), with_readings()) == once);
  // Another tenant's entries have other names.
  FollowUpContext other = with_readings();
  other.publisher.organization = "958935420";
  CHECK(document(closed(), other).substr(0, 200) != once.substr(0, 200));
}

TEST_CASE("follow-up document: events say who did what when, in the log's order", "[gateway][alarms][follow-up]") {
  CHECK(events(document(closed(), with_readings())) == "0 1 4 5 3 6 7");
  // Acknowledging is no "kvittert": that word closes at the hub.
  Alarm seen = acted(red(), Action::acknowledge, 3min);
  CHECK(events(document(acted(seen, Action::resolve, 9min), with_readings())) == "0 3");
  Alarm again = acted(acted(closed(), Action::reopen, 80min), Action::resolve, 90min);
  CHECK(events(document(again, with_readings())) == "0 1 4 5 3 3");
}

TEST_CASE("follow-up document: a second closing is another document of the same follow-up", "[gateway][alarms][follow-up]") {
  auto composition = [](const Alarm& alarm, std::string_view member) {
    auto parsed = fhir::JsonDocument::parse(document(alarm, with_readings()));
    return parsed->root()["entry"].at(0)["resource"][member].json();
  };
  auto identifier = [](const Alarm& alarm) {
    auto parsed = fhir::JsonDocument::parse(document(alarm, with_readings()));
    return std::string(*parsed->root()["identifier"]["value"].text());
  };
  const Alarm first = closed();
  const Alarm second = acted(acted(first, Action::reopen, 80min), Action::resolve, 90min);
  CHECK(identifier(first) == "00000000000000a1-1");
  CHECK(identifier(second) == "00000000000000a1-2");
  CHECK(composition(first, "identifier") == composition(second, "identifier"));
  CHECK(composition(first, "status") == "\"final\"");
  CHECK(composition(second, "status") == "\"amended\"");
  CHECK(composition(second, "relatesTo") ==
        R"([{"code":"replaces","targetIdentifier":{"system":"urn:hjemport:document","value":"00000000000000a1-1"}}])");
}

TEST_CASE("follow-up document: only what a person closed, of somebody, has one", "[gateway][alarms][follow-up]") {
  auto refusal = [](const Alarm& alarm) {
    auto closing = closing_of(alarm);
    REQUIRE_FALSE(closing.has_value());
    CHECK(closing.error().category == fhir::ErrorCategory::conflict);
    return closing.error().detail;
  };
  CHECK(refusal(red()) == "there is no follow-up document before the alarm is resolved");
  CHECK(refusal(acted(closed(), Action::reopen, 80min)) ==
        "there is no follow-up document before the alarm is resolved");
  Alarm restored = red();
  restored.machine.state = thresholds::State::resolved;
  restored.closing = "restored";
  CHECK(refusal(restored) == "the alarm ended by itself: there is no follow-up to document");
  Alarm nobodys = closed();
  nobodys.patient = {};
  CHECK(refusal(nobodys) == "whose alarm it was is not known: there is no record to follow up in");
  SECTION("what was closed while it was nobody's was no document") {
    SafetyEvent unplaced = press(morning);
    unplaced.patient = {};
    Alarm known = *apply_event(nullptr, unplaced, at(morning + 1s)).alarm;
    known = acted(acted(known, Action::resolve, 5min), Action::reopen, 6min);
    known = kept(*apply_patient_known(known, patient, false, morning + 7min).alarm);
    known = acted(known, Action::resolve, 30min);
    CHECK(closing_of(known)->number == 1);
  }
}

TEST_CASE("follow-up document: hostile notes and names stay text", "[gateway][alarms][follow-up]") {
  Alarm alarm = *apply_event(nullptr, press(morning), at(morning + 1s)).alarm;
  alarm.device = "<img src=x>";
  alarm.contact = "\"><script>";
  alarm.reason.text = "Trygghetsalarm: <b>&nbsp;]]>";
  ActionRequest request{Action::resolve, "<script>alert(1)</script>\x01\nTiltak: </div><div>", "not-to-be-shown-1", "Eve <evil>"};
  alarm = *apply_action(alarm, request, "centre", false, morning + 5min)->alarm;
  for (Language language : {Language::nb, Language::en}) {
    const std::string json = document(alarm, context_in(language));
    CHECK(problems(json) == std::vector<std::string>{});
    CHECK(json.find("&lt;script&gt;alert(1)&lt;/script&gt;") != std::string::npos);
    CHECK(json.find("not-to-be-shown-1") == std::string::npos);  // a person's id may be a national number
  }
}

TEST_CASE("follow-up document: blank texts are as none", "[gateway][alarms][follow-up]") {
  Alarm alarm = *apply_event(nullptr, press(morning), at(morning + 1s)).alarm;
  alarm.device = " ";
  alarm.contact = "\n";
  alarm.reason.text = " ";
  ActionRequest request{Action::resolve, " \n\t", "k", "  "};
  alarm = *apply_action(alarm, request, "centre", false, morning + 5min)->alarm;
  const std::string json = document(alarm, context_in());
  CHECK(problems(json) == std::vector<std::string>{});
  CHECK(json.find("Ingen beskrivelse er gitt.") != std::string::npos);
  CHECK(json.find(R"("display":"centre")") != std::string::npos);
}

TEST_CASE("follow-up document: a code of ours has the hub's code of its group beside it", "[gateway][alarms][follow-up]") {
  auto code = [](Alarm alarm, Origin origin, std::string rule, Coding coding) {
    alarm.origin = origin;
    alarm.reason.rule = std::move(rule);
    alarm.code = std::move(coding);
    const std::string json = document(alarm, context_in());
    CHECK(problems(json) == std::vector<std::string>{});
    auto parsed = fhir::JsonDocument::parse(json);
    fhir::JsonValue entries = parsed->root()["entry"];
    std::string codes(*entries.at(0)["resource"]["category"].at(0)["coding"].at(0)["code"].text());
    for (fhir::JsonValue one : entries.at(1)["resource"]["code"]["coding"]) codes += " " + std::string(*one["code"].text());
    return codes;
  };
  const std::string ours(alarm_code_system), vkp(fhir::vkp_alert_code);
  CHECK(code(closed(), Origin::technical, "low-battery", {ours, "low-battery", "Lavt batteri"}) == "1 low-battery 3");
  CHECK(code(closed(), Origin::technical, "quarantined-reading", {ours, "quarantined-reading", "Melding i karantene"}) ==
        "2 quarantined-reading 5");
  CHECK(code(closed(), Origin::limit, "oxygen-saturation:alert_low", {vkp, "5.2.1", "Måledata rapportert"}) == "2 5.2.1");
  CHECK(code(closed(), Origin::event, "fall", {vkp, "4.1", "Fall"}) == "1 4.1");
}

TEST_CASE("follow-up document: entries are named by stable, different uuids", "[gateway][alarms][follow-up]") {
  auto parsed = fhir::JsonDocument::parse(document(closed(), with_readings()));
  std::set<std::string> urls;
  for (fhir::JsonValue entry : parsed->root()["entry"]) {
    const std::string url(*entry["fullUrl"].text());
    CHECK(urls.insert(url).second);
    CHECK(url.size() == 45);
    CHECK(url.substr(0, 9) == "urn:uuid:");
    CHECK(url[23] == '8');
    CHECK(std::string("89ab").find(url[28]) != std::string::npos);
  }
  CHECK(urls.size() == 5);
}

TEST_CASE("outcome: cause and measure are read from the lines that say so", "[gateway][alarms][follow-up]") {
  struct Row {
    const char *note, *cause, *measure, *description;
  };
  const auto row = GENERATE(values<Row>({
      {"", "", "", ""},
      {"ringt, alt i orden", "", "", "ringt, alt i orden"},
      {"Årsak: glemt\nTiltak: ringt", "glemt", "ringt", ""},
      {"cause: forgot\r\nMeasure: called\r\nFine.\r\n", "forgot", "called", "Fine."},
      {"Tiltak: a\nTiltak: b\nto\n\nlinjer", "", "a; b", "to\nlinjer"},
      {"Årsak:\n Tiltak:  \n", "", "", ""},
      {"Det var årsak: ukjent", "", "", "Det var årsak: ukjent"},
  }));
  CAPTURE(row.note);
  const Outcome outcome = outcome_of({morning, std::nullopt, "resolve", row.note});
  CHECK(outcome.cause == row.cause);
  CHECK(outcome.measure == row.measure);
  CHECK(outcome.description == row.description);
}
