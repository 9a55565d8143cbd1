// Safety and technical events from payload to alarm (invariant 5).
#include "gateway/ingest/admit.hpp"

#include <thread>

#include "tests/support/gate.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::event;
using tests::InProcessGateway;
using tests::Json;

namespace {

const char* const at_eight = "2026-11-20T08:00:00Z";
const char* const half_past = "2026-11-20T08:30:00Z";

std::vector<alarms::Alarm> open_alarms(InProcessGateway& gateway, std::string_view tenant = "bodo") {
  store::AlarmFilter filter;
  filter.tenant = gateway.store().tenant(tenant);
  filter.open = true;
  std::vector<alarms::Alarm> found;
  for (const store::Alarm& row : gateway.reader().alarms(filter))
    found.push_back(alarms::alarm_from_stored(row).value());
  return found;
}

// Without a commit of its own, so that jobs may ask.
PatientId gateway_patient(InProcessGateway& gateway) {
  return gateway.reader().patient_by_identifier(gateway.bodo(), tests::fnr, tests::synthetic_number(1)).value().id;
}

}  // namespace

TEST_CASE("events: an unknown device raises an alarm without patient, with what is known of where and how to call",
          "[ingest][events]") {
  InProcessGateway gateway;
  auto response = gateway.ingest(
      "sensors", "",
      event("", at_eight, "safety-alarm",
            R"("id":"e-1","device":{"id":"SN-3"},"location":"Storgata 1, 2. etg","contact":"tel:+4700000000")"));
  Json answer(response.body);
  CHECK(answer.text("results", 0, "outcome") == "accepted");
  auto open = open_alarms(gateway);
  REQUIRE(open.size() == 1);
  CHECK(open[0].id.text() == answer.text("results", 0, "alarms", 0));
  CHECK_FALSE(open[0].patient);
  CHECK(open[0].device == "SN-3");
  CHECK(open[0].contact == "tel:+4700000000");
  CHECK(open[0].machine.severity == thresholds::Severity::critical);
  CHECK(open[0].announce);
}

TEST_CASE("events: nothing that is wrong with its person or clock holds a safety event back", "[ingest][events]") {
  InProcessGateway gateway;
  struct Row {
    const char* name;
    std::string item;
  };
  const Row rows[] = {
      {"no device and no subject", event("", at_eight, "fall")},
      {"an invalid number",
       event("", at_eight, "fall", R"("patient":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"12345678901"})")},
      {"a clock years ahead", event("u", "2030-01-01T00:00:00Z", "fall")},
      {"a clock years behind", event("u", "1970-01-01T00:00:00Z", "fall")},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      auto response = gateway.ingest("sensors", "", row.item);
      CHECK(Json(response.body).text("results", 0, "outcome") == "accepted");
      auto open = open_alarms(gateway);
      REQUIRE(open.size() == 1);
      CHECK(open[0].announce);
      CHECK(open[0].measured <= gateway.clock.now());
    }
  }
}

TEST_CASE("events: one id is one press, another id is an occurrence that calls again", "[ingest][events]") {
  InProcessGateway gateway;
  const std::string device = R"(,"device":{"id":"SN-3"})";
  gateway.ingest("sensors", "", event("", at_eight, "fall", R"("id":"e-1")" + device));
  auto again = gateway.ingest("sensors", "", event("", at_eight, "fall", R"("id":"e-1")" + device));
  CHECK(Json(again.body).text("results", 0, "outcome") == "duplicate");
  CHECK(open_alarms(gateway)[0].occurrence_count == 1);
  gateway.ingest("sensors", "", event("", half_past, "fall", R"("id":"e-2")" + device));
  REQUIRE(open_alarms(gateway).size() == 1);
  CHECK(open_alarms(gateway)[0].occurrence_count == 2);
  CHECK(open_alarms(gateway)[0].announce);
  gateway.ingest("sensors", "", event("", half_past, "fall", R"("id":"e-3","device":{"id":"SN-4"})"));
  CHECK(open_alarms(gateway).size() == 2);
  gateway.ingest("elsewhere", "", event("", half_past, "fall", R"("id":"e-2")" + device));
  CHECK(open_alarms(gateway).size() == 2);
  CHECK(open_alarms(gateway, "oslo").size() == 1);
}

TEST_CASE("events: a link gives the alarm its patient, and the next press joins it", "[ingest][events]") {
  InProcessGateway gateway;
  gateway.ingest("sensors", "", event("u", at_eight, "fall", R"("id":"e-1")"));
  const AlarmId alarm = open_alarms(gateway).at(0).id;
  SECTION("the link holds at the press") {
    gateway.link("sensors", "u", 1, "2026-11-20T00:00:00Z");
    REQUIRE(open_alarms(gateway).size() == 1);
    CHECK(open_alarms(gateway)[0].patient == gateway.patient(1));
    gateway.ingest("sensors", "", event("u", half_past, "fall", R"("id":"e-2")"));
    REQUIRE(open_alarms(gateway).size() == 1);
    CHECK(open_alarms(gateway)[0].occurrence_count == 2);
    CHECK(open_alarms(gateway)[0].id == alarm);
  }
  SECTION("the link begins after the press") {
    gateway.link("sensors", "u", 1, half_past);
    CHECK_FALSE(open_alarms(gateway)[0].patient);
  }
  SECTION("the patient has such an alarm already: both stay") {
    gateway.ingest("sensors", "",
                   event("", at_eight, "fall",
                         R"("id":"e-9","patient":{"system":")" + std::string(tests::fnr) + R"(","value":")" +
                             tests::synthetic_number(1) + "\"}"));
    REQUIRE(open_alarms(gateway).size() == 2);
    gateway.link("sensors", "u", 1, "2026-11-20T00:00:00Z");
    auto open = open_alarms(gateway);
    REQUIRE(open.size() == 2);
    CHECK(open[0].patient == gateway.patient(1));
    CHECK(open[1].patient == gateway.patient(1));
    CHECK(open[0].identity != open[1].identity);
  }
  SECTION("another tenant's link of the same subject claims nothing") {
    gateway.link("elsewhere", "u", 1, "2026-11-20T00:00:00Z");
    CHECK_FALSE(open_alarms(gateway)[0].patient);
  }
}

TEST_CASE("events: a press and its link in one group find each other", "[ingest][events]") {
  // The link's job is decided after the event's, before the event can be read from the store.
  InProcessGateway gateway;
  tests::Gate gate(gateway.committer());
  std::thread opener([&] {
    gateway.eventually([&] { return gateway.committer().counts().urgent_queued >= 2; });
    gate.open();
  });
  gateway.together({tests::ingested("sensors", "", event("u", at_eight, "fall", R"("id":"e-1")")),
                    tests::linked("sensors", "u", 1, "2026-11-20T00:00:00Z")});
  opener.join();
  REQUIRE(open_alarms(gateway).size() == 1);
  CHECK(open_alarms(gateway)[0].patient == gateway.patient(1));
}

TEST_CASE("events: a device's alarm from before its link does not hold up what comes after", "[ingest][events]") {
  // The alarm of nobody keeps the device's name. The next report is a patient's; were it refused, a fall in the same
  // payload would be refused with it.
  InProcessGateway gateway;
  auto battery = [&](const char* time, const char* id) {
    return event("u", time, "low-battery", R"("id":")" + std::string(id) + "\"");
  };
  gateway.ingest("sensors", "", battery(at_eight, "b-1"));
  REQUIRE(open_alarms(gateway).size() == 1);
  SECTION("linked after it: the patient has an alarm of their own") {
    gateway.link("sensors", "u", 1, half_past);
    auto response = gateway.ingest(
        "sensors", "", battery("2026-11-20T08:45:00Z", "b-2") + "," + event("u", "2026-11-20T08:45:00Z", "fall"));
    REQUIRE(response.status == 200);
    CHECK(open_alarms(gateway).size() == 3);
    CHECK(gateway.reader().open_alarms(gateway.patient(1)).size() == 2);
    CHECK(gateway.ingest("sensors", "", battery("2026-11-20T08:46:00Z", "b-3")).status == 200);
    gateway.restart();
    CHECK(gateway.ingest("sensors", "", battery("2026-11-20T08:47:00Z", "b-4")).status == 200);
    CHECK(gateway.ingest("sensors", "", battery("2026-11-20T08:01:00Z", "b-5")).status == 200);
    auto open = open_alarms(gateway);
    REQUIRE(open.size() == 3);
    CHECK(open[0].occurrence_count == 2);
    CHECK(open[1].occurrence_count == 3);
  }
  SECTION("linked over it: the alarm becomes the patient's, and the next report joins it") {
    gateway.link("sensors", "u", 1, "2026-11-20T00:00:00Z");
    CHECK(open_alarms(gateway)[0].patient == gateway.patient(1));
    CHECK(gateway.ingest("sensors", "", battery("2026-11-20T08:45:00Z", "b-2")).status == 200);
    REQUIRE(open_alarms(gateway).size() == 1);
    CHECK(open_alarms(gateway)[0].occurrence_count == 2);
  }
}

TEST_CASE("events: an alarm that kept the device's name has one history, whoever writes to it", "[ingest][events]") {
  // Its patient is known and has such an alarm already, so it keeps its identity; a press from before the link joins it
  // by that, a person acts on it by its id.
  InProcessGateway gateway;
  gateway.ingest("sensors", "", event("u", at_eight, "fall", R"("id":"e-1")"));
  const AlarmId loose = open_alarms(gateway).at(0).id;
  gateway.ingest("sensors", "",
                 event("", at_eight, "fall",
                       R"("id":"e-9","patient":{"system":")" + std::string(tests::fnr) + R"(","value":")" +
                           tests::synthetic_number(1) + "\"}"));
  gateway.link("sensors", "u", 1, at_eight);
  auto version = [&] { return alarms::alarm_from_stored(*gateway.reader().alarm(loose)).value().version; };
  CHECK(version() == 2);
  gateway.ingest("sensors", "", event("u", "2026-11-20T07:59:00Z", "fall", R"("id":"e-2")"));
  CHECK(version() == 3);
  auto annotated = gateway.commit([&](journal::Working& working) {
    for (const alarms::Alarm& alarm : working.patients.find(gateway_patient(gateway))->open_alarms) {
      if (alarm.id == loose) CHECK(alarm.version == 3);
    }
  });
  CHECK(annotated);
}

TEST_CASE("events: a dispensed dose is stored and calls nobody", "[ingest][events]") {
  InProcessGateway gateway;
  auto response = gateway.ingest("sensors", "", event("u", at_eight, "medication-dispensed"));
  CHECK(Json(response.body).text("accepted") == "1");
  CHECK(open_alarms(gateway).empty());
  CHECK(gateway.reader().journal(0, 10, 1u << static_cast<unsigned>(store::Entry::event)).size() == 1);
}
