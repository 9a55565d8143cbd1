// The formats of safety alarms, dispensers and supervision through the whole gateway: from their bytes to the alarm a
// person sees, and to the answer the sender gets.
#include <set>
#include <tuple>

#include "fhir/kinds.hpp"
#include "gateway/config/config.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::Header;
using tests::InProcessGateway;
using tests::Json;

namespace {

InProcessGateway::Options with_formats() {
  InProcessGateway::Options options;
  for (const char* adapter : {"scaip", "medication", "supervision", "vkp"}) {
    config::Source source;
    source.id = source.bearer = source.adapter = adapter;
    source.tenant = "bodo";
    if (source.id == "scaip") source.settings.transfer_number = "+4775000000";
    options.config.sources.push_back(source);
  }
  return options;
}

class Formats : public InProcessGateway {
 public:
  Formats() : InProcessGateway(with_formats()) {}

  http::Response send(std::string_view source, std::string body) {
    const bool xml = source == "scaip";
    return post("/ingest/" + std::string(source), source, std::move(body),
                {{"content-type", xml ? "application/scaip+xml" : "application/json"}});
  }
  http::Response happened(std::string_view source, const std::string& members) {
    return send(source, R"({"events":[{"time":"2026-11-20T08:30:00Z",)" + members + "}]}");
  }
  // As a response centre sees them.
  Json open() { return Json(get("/alarms?state=open", "centre").body); }
  std::size_t open_count() { return open().at("alarms").size(); }
};

std::string scaip(std::string_view ref, std::string_view dty, std::string_view stc, std::string_view mty = "ME") {
  std::string xml = "<mrq><ref>" + std::string(ref) + "</ref><mty>" + std::string(mty) + "</mty><cid>4712</cid><did>00A1</did>";
  xml += "<dty>" + std::string(dty) + "</dty><stc>" + std::string(stc) + "</stc>";
  return xml + "<cha>1</cha><crd>sip:4712@alarm.example</crd><lco>021</lco></mrq>";
}

}  // namespace

TEST_CASE("formats: a fall of nobody known calls with its code, its place and how to ring back", "[ingest][events]") {
  Formats gateway;
  SECTION("supervision") {
    gateway.happened("supervision",
                     R"("id":"n-1","device":{"id":"RS-1"},"event":"fall","room":"Bad","contact":"tel:+4700000000")");
    Json open = gateway.open();
    CHECK(open.text("alarms", 0, "location") == "(absent)");
    CHECK(open.text("alarms", 0, "contact") == "tel:+4700000000");
    CHECK(open.text("alarms", 0, "reason", "text") == "Fall, sted: Bad");
    CHECK(open.text("alarms", 0, "device") == "RS-1");
  }
  SECTION("scaip") {
    gateway.send("scaip", scaip("a1", "0005", "0009"));
    Json open = gateway.open();
    CHECK(open.text("alarms", 0, "contact") == "sip:4712@alarm.example (venter på oppringning)");
    CHECK(open.text("alarms", 0, "reason", "text") == "Fall: fallsensor, automatisk alarm, sted: kjøkken");
    CHECK(open.text("alarms", 0, "device") == "4712/00A1");
  }
  Json open = gateway.open();
  REQUIRE(open.at("alarms").size() == 1);
  CHECK(open.text("alarms", 0, "patient") == "null");
  CHECK(open.text("alarms", 0, "origin") == "event");
  CHECK(open.text("alarms", 0, "severity") == "critical");
  CHECK(open.text("alarms", 0, "announce") == "true");
  CHECK(open.text("alarms", 0, "code", "system") == fhir::vkp_alert_code);
  CHECK(open.text("alarms", 0, "code", "code") == "4.1");
  CHECK(open.text("alarms", 0, "code", "display") == "Fall");
}

TEST_CASE("formats: each alert code of the hub arrives on the alarm as that code", "[ingest][events]") {
  Formats gateway;
  std::vector<std::string> medication = {"1"}, supervision = {"2", "3", "4", "6", "7", "7.1"};
  for (int i = 1; i <= 23; ++i) medication.push_back("1." + std::to_string(i));
  for (int i = 1; i <= 26; ++i) supervision.push_back("4." + std::to_string(i));
  std::set<std::string> sent;
  const auto send = [&](const char* source, const std::string& code, const char* more) {
    gateway.happened(source, R"("id":"c-)" + code + R"(","device":{"id":"D-1"},"code":")" + code + "\"" + more);
    sent.insert(code);
  };
  for (const std::string& code : medication) send("medication", code, "");
  // Information by itself; with the sender's own rule behind it an alarm like the others.
  for (const std::string& code : supervision) send("supervision", code, R"(,"alarm":true)");
  std::set<std::string> shown;
  Json open(gateway.get("/alarms?state=open&limit=100", "centre").body);
  for (fhir::JsonValue alarm : open.at("alarms")) {
    CHECK(alarm["code"]["system"].scalar() == fhir::vkp_alert_code);
    shown.insert(std::string(alarm["code"]["code"].scalar()));
  }
  CHECK(shown == sent);
}

TEST_CASE("formats: severity and origin follow the kind, and information calls nobody", "[ingest][events]") {
  struct Row {
    const char *source, *event, *origin, *severity;  // empty: no alarm
  };
  for (const Row& row : {Row{"medication", "missed", "event", "critical"}, Row{"medication", "unconfirmed", "event", "critical"},
                         Row{"medication", "roll-fault", "event", "critical"},
                         Row{"medication", "low-battery", "technical", "moderate"},
                         Row{"medication", "empty", "technical", "severe"}, Row{"medication", "dispensed", "", ""},
                         Row{"medication", "heartbeat", "", ""}, Row{"medication", "no such word", "event", "critical"},
                         Row{"supervision", "fire", "event", "critical"}, Row{"supervision", "gas", "event", "critical"},
                         Row{"supervision", "activity", "", ""}, Row{"supervision", "lying-down", "", ""},
                         Row{"supervision", "planned-camera", "", ""}, Row{"supervision", "heartbeat", "", ""},
                         Row{"supervision", "no-contact", "technical", "moderate"},
                         Row{"supervision", "no such word", "event", "critical"}}) {
    DYNAMIC_SECTION(row.source << ": " << row.event) {
      Formats gateway;
      auto response = gateway.happened(row.source, R"("id":"e-1","subject":"u","event":")" + std::string(row.event) + "\"");
      REQUIRE(response.status == 200);
      Json open = gateway.open();
      REQUIRE(open.at("alarms").size() == (*row.origin == '\0' ? 0u : 1u));
      if (*row.origin == '\0') return;
      CHECK(open.text("alarms", 0, "origin") == row.origin);
      CHECK(open.text("alarms", 0, "severity") == row.severity);
    }
  }
}

TEST_CASE("formats: two faults of one dispenser are two alarms", "[ingest][events]") {
  Formats gateway;
  for (const char* event : {"low-battery", "open", "roll-fault", "missed"})
    gateway.happened("medication", R"("id":")" + std::string(event) + R"(","device":{"id":"MD-1"},"event":")" + event + "\"");
  CHECK(gateway.open_count() == 4);
}

TEST_CASE("formats: a scaip post is answered with mrs after the commit, whatever became of it", "[ingest][events]") {
  Formats gateway;
  SECTION("stored, and again") {
    auto first = gateway.send("scaip", scaip("a1", "0003", "0010"));
    CHECK(first.status == 200);
    CHECK(first.content_type == "application/scaip+xml");
    CHECK(first.body ==
          R"(<?xml version="1.0" encoding="UTF-8"?><mrs><ref>a1</ref><snu>0</snu><mre>1</mre><cre>62</cre><tnu>+4775000000</tnu></mrs>)");
    CHECK(gateway.open_count() == 1);
    auto again = gateway.send("scaip", scaip("a1", "0003", "0010"));
    CHECK(again.body == first.body);
    CHECK(gateway.open().text("alarms", 0, "occurrence_count") == "1");
    gateway.send("scaip", scaip("a2", "0003", "0010"));
    CHECK(gateway.open().text("alarms", 0, "occurrence_count") == "2");
  }
  SECTION("a counter that begins anew on another day is another press") {
    gateway.send("scaip", scaip("1", "0003", "0010"));
    gateway.clock.advance(std::chrono::hours(24));
    gateway.send("scaip", scaip("1", "0003", "0010"));
    CHECK(gateway.open().text("alarms", 0, "occurrence_count") == "2");
  }
  SECTION("undecodable: kept") {
    auto response = gateway.send("scaip", "<mrq><ref>a1</ref><cid>4712</cid><dty>0003</dty>");
    CHECK(response.status == 400);
    CHECK(response.body == R"(<?xml version="1.0" encoding="UTF-8"?><mrs><ref>a1</ref><snu>2</snu></mrs>)");
    CHECK(gateway.reader().quarantine({}).size() == 1);
    CHECK(gateway.send("scaip", "<mrq><ref>a1</ref><ver>01.00</ver></mrq>").body.find("<snu>7</snu>") != std::string::npos);
    CHECK(gateway.send("scaip", "<a/>").body.find("<snu>3</snu>") != std::string::npos);
  }
  SECTION("busy: nothing kept") {
    gateway.memory().fail_commits(1);
    auto response = gateway.send("scaip", scaip("a1", "0003", "0010"));
    CHECK(response.status == 503);
    CHECK(response.body == R"(<?xml version="1.0" encoding="UTF-8"?><mrs><ref>a1</ref><snu>6</snu></mrs>)");
    CHECK(gateway.open_count() == 0);
    CHECK(gateway.send("scaip", scaip("a1", "0003", "0010")).status == 200);
    CHECK(gateway.open_count() == 1);
  }
  SECTION("a heartbeat is answered and is no event") {
    auto response = gateway.send("scaip", scaip("a1", "0003", "0010", "PI"));
    CHECK(response.status == 200);
    CHECK(response.body.find("<snu>0</snu><mre>0</mre></mrs>") != std::string::npos);
    CHECK(gateway.open_count() == 0);
    CHECK(gateway.reader().journal(0, 10, 1u << static_cast<unsigned>(store::Entry::event)).empty());
  }
}

TEST_CASE("formats: a cancel or reset is told on the alarm and ends none", "[ingest][events]") {
  Formats gateway;
  const bool linked = GENERATE(false, true);
  if (linked) gateway.link("scaip", "4712", 1, "2026-01-01T00:00:00Z");
  gateway.send("scaip", scaip("a1", "0003", "0010"));
  gateway.happened("supervision", R"("id":"n-1","subject":"elsewhere","event":"fall","device":{"id":"RS-1"})");
  gateway.clock.advance(std::chrono::minutes(1));
  for (const auto& [ref, stc, mty] : {std::tuple("a2", "0019", "ME"), std::tuple("a3", "0093", "ME"), std::tuple("a4", "0010", "RE")}) {
    auto response = gateway.send("scaip", scaip(ref, "0003", stc, mty));
    CHECK(response.status == 200);
  }
  Json open = gateway.open();
  REQUIRE(open.at("alarms").size() == 2);
  for (fhir::JsonValue alarm : open.at("alarms")) {
    const bool pressed = alarm["code"]["code"].scalar() == "3";
    CHECK(alarm["state"].scalar() == "raised");
    CHECK(alarm["occurrence_count"].scalar() == "1");
    CHECK(alarm["events"].size() == (pressed ? 3u : 0u));  // the fall elsewhere has nothing to do with it
    if (pressed) CHECK(alarm["events"].at(0)["note"].scalar() == "bærbar alarmknapp, annullert");
  }
}

TEST_CASE("formats: a technical alarm ends when its device says that the cause is gone", "[ingest][events]") {
  Formats gateway;
  const auto at = [&](const char* id, const char* time, const char* event) {
    gateway.send("medication", R"({"events":[{"id":")" + std::string(id) + R"(","device":{"id":"MD-1"},"time":")" + time +
                                   R"(","event":")" + event + "\"}]}");
  };
  at("1", "2026-11-20T08:00:00Z", "low-battery");
  at("2", "2026-11-20T08:01:00Z", "no-contact");
  at("3", "2026-11-20T08:02:00Z", "missed");
  at("4", "2026-11-20T07:59:00Z", "battery-ok");  // from before it was low
  CHECK(gateway.open_count() == 3);
  at("5", "2026-11-20T08:05:00Z", "battery-ok");
  Json open = gateway.open();
  REQUIRE(open.at("alarms").size() == 2);
  CHECK(open.text("alarms", 0, "code", "code") == "1.20");
  CHECK(open.text("alarms", 1, "code", "code") == "1.1");
  at("6", "2026-11-20T08:06:00Z", "contact-restored");
  CHECK(gateway.open_count() == 1);
  gateway.send("medication", R"({"events":[{"id":"7","device":{"id":"MD-2"},"time":"2026-11-20T08:07:00Z","event":"battery-ok"}]})");
  CHECK(gateway.open_count() == 1);
}

TEST_CASE("formats: a dose is a MedicationDispense of its patient", "[ingest][events][fhir]") {
  Formats gateway;
  const PatientId one = gateway.patient(1);
  gateway.patient(2);
  gateway.link("medication", "u", 1, "2026-01-01T00:00:00Z");
  auto dose = [&](const char* id, const char* subject, const char* more) {
    return gateway.happened("medication", R"("id":")" + std::string(id) + R"(","subject":")" + subject +
                                              R"(","device":{"id":"MD-1","model":"Roll"},"event":"dispensed-assisted")" + more);
  };
  dose("d-1", "u", R"(,"medication":"Pose kl. 08","dosage":"1 pose")");
  dose("d-2", "nobody", "");
  auto found = [&](const std::string& query) { return Json(gateway.get("/fhir/MedicationDispense?" + query, "hospital").body); };

  Json bundle = found("patient=" + one.text() + "&_total=accurate");
  REQUIRE(bundle.text("total") == "1");
  const std::string id = bundle.text("entry", 0, "resource", "id");
  const http::Response read = gateway.get("/fhir/MedicationDispense/" + id, "hospital");
  REQUIRE(read.status == 200);
  Json resource(read.body);
  CHECK(resource.root().json() == bundle.text("entry", 0, "resource"));
  CHECK(resource.text("status") == "completed");
  CHECK(resource.text("category", "coding", 0, "code") == "1.2");
  CHECK(resource.text("category", "coding", 0, "system") == fhir::vkp_dispense_system);
  CHECK(resource.text("medicationCodeableConcept", "text") == "Pose kl. 08");
  CHECK(resource.text("dosageInstruction", 0, "text") == "1 pose");
  CHECK(resource.text("subject", "reference") == "Patient/" + one.text());
  CHECK(resource.text("subject", "identifier", "value") == tests::synthetic_number(1));
  CHECK(resource.text("performer", 0, "actor", "identifier", "value") == "MD-1");
  CHECK(resource.text("performer", 0, "actor", "reference") == "(absent)");
  CHECK(resource.text("whenHandedOver") == "2026-11-20T08:30:00.000Z");
  CHECK(resource.text("identifier", 0, "value").starts_with("urn:uuid:"));
  CHECK(resource.text("identifier", 0, "value").find(tests::synthetic_number(1)) == std::string::npos);
  CHECK(resource.text("meta", "profile", 0).ends_with("vkp-MedicationDispense-v090"));

  SECTION("found by patient, subject, identifier, time and id") {
    const std::string other = gateway.patient(2).text();
    for (const auto& [query, count] :
         {std::pair("subject=Patient/" + one.text(), 1), std::pair("patient=" + other, 0),
          std::pair("patient=" + one.text() + "," + other, 1), std::pair("_id=" + id, 1), std::pair(std::string(), 1),
          std::pair("patient=" + one.text() + "&patient=" + other, 0),
          std::pair(std::string("whenhandedover=ge2026-11-20T08:30:00Z"), 1),
          std::pair(std::string("whenhandedover=gt2026-11-20T08:30:00Z"), 0)}) {
      INFO(query);
      CHECK(found(query).at("entry").size() == static_cast<std::size_t>(count));
    }
    const auto posted = gateway.post("/fhir/MedicationDispense/_search", "hospital",
                                     "subject.identifier=" + std::string(tests::fnr) + "|" + tests::synthetic_number(1),
                                     {{"content-type", "application/x-www-form-urlencoded"}});
    Json answer(posted.body);
    CHECK(answer.at("entry").size() == 1);
    CHECK(answer.text("link", 0, "url").find(tests::synthetic_number(1)) == std::string::npos);
  }
  SECTION("another tenant sees none of it") {
    CHECK(gateway.get("/fhir/MedicationDispense/" + id, "hospital-oslo").status == 404);
    CHECK(Json(gateway.get("/fhir/MedicationDispense", "hospital-oslo").body).at("entry").size() == 0);
  }
  SECTION("a link brings the dose that waited, a corrected one takes it back") {
    gateway.link("medication", "nobody", 2, "2026-11-20T00:00:00Z");
    const std::string query = "patient=" + gateway.patient(2).text();
    CHECK(found(query).at("entry").size() == 1);
    gateway.link("medication", "nobody", 2, "2026-11-20T00:00:00Z", "2026-11-20T08:00:00Z");
    CHECK(found(query).at("entry").size() == 0);
    gateway.link("medication", "nobody", 1, "2026-11-20T08:00:00Z");
    CHECK(found("patient=" + one.text()).at("entry").size() == 2);
  }
  SECTION("pages") {
    dose("d-3", "u", "");
    dose("d-4", "u", "");
    Json page = found("patient=" + one.text() + "&_count=2");
    CHECK(page.at("entry").size() == 2);
    CHECK(page.text("link", 1, "relation") == "next");
    const std::string next = page.text("link", 1, "url");
    Json rest(gateway.get(next.substr(next.find("/fhir")), "hospital").body);
    CHECK(rest.at("entry").size() == 1);
    CHECK(rest.text("link", 1) == "(absent)");
  }
}

TEST_CASE("formats: a dose without readable time is held, a missed one is not", "[ingest][events]") {
  Formats gateway;
  Json answer(gateway
                  .send("medication", R"({"events":[{"id":"1","subject":"u","time":"x","event":"dispensed"},
                                                    {"id":"2","subject":"u","time":"x","event":"missed"}]})")
                  .body);
  CHECK(answer.text("results", 0, "outcome") == "quarantined");
  CHECK(answer.text("results", 0, "reason") == "undecodable");
  CHECK(answer.text("results", 1, "outcome") == "accepted");
  CHECK(gateway.open_count() == 1);
}
