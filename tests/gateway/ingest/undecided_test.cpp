// A rule that no reading decides for days is told once, and no longer when one does.
#include "gateway/ingest/undecided.hpp"

#include <ostream>

#include "gateway/alarms/alarm.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using std::chrono::hours;
using std::chrono::minutes;
using tests::InProcessGateway;
using tests::Json;
using tests::reading;

namespace {

constexpr const char* both = R"({"rules":[{"id":"worsening","severity":"severe","within":"2h","all":[{"kind":"oxygen-saturation","below":92},{"kind":"heart-rate","above":100}]}]})";

// The gateway's clock begins at 2026-11-20T09:00Z.
struct Ward {
  InProcessGateway gateway;
  PatientId patient;

  explicit Ward(const std::string& plan = both, InProcessGateway::Options options = {}) : gateway(std::move(options)) {
    gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
    patient = gateway.patient(1);
    put(plan);
  }
  void put(const std::string& plan) {
    auto response = gateway.put("/patients/" + patient.text() + "/limits", "clinic", plan);
    INFO(response.body);
    REQUIRE(response.status / 100 == 2);
  }
  void send(std::string_view kind, std::string_view value, std::string_view unit) {
    const std::string at = fhir::utc_millis_text(gateway.clock.now());
    auto response = gateway.ingest("sensors", reading("u", at, kind, value, unit));
    INFO(response.body);
    REQUIRE(Json(response.body).text("results", 0, "outcome") == "accepted");
  }
  void saturation() { send("oxygen-saturation", "91", "%"); }
  void pulse() { send("heart-rate", "80", "/min"); }
  void pass(std::chrono::seconds time) {
    gateway.pass(time, minutes(10));
    gateway.step_timers();
    gateway.step_timers();
  }
  // "raised: text", of alarms about undecided rules.
  std::string told() {
    store::AlarmFilter filter;
    filter.tenant = gateway.bodo();
    std::string text;
    for (const store::Alarm& row : gateway.reader().alarms(filter)) {
      const alarms::Alarm alarm = alarms::alarm_from_stored(row).value();
      if (alarm.reason.rule != "rule-undecided") continue;
      CHECK(alarm.origin == alarms::Origin::technical);
      CHECK(alarm.machine.severity == thresholds::Severity::normal);
      text.append(text.empty() ? "" : "; ").append(alarm.open() ? thresholds::name(alarm.machine.state) : std::string_view(alarm.closing));
      text.append(": ").append(alarm.reason.text);
    }
    return text;
  }
};

constexpr const char* text = "Regelen worsening har ikke latt seg avgjøre på 3 døgn; ikke målt siden da: Puls";

}  // namespace

TEST_CASE("undecided: told after three days, once, also over a restart, and ends when it is decided", "[ingest][undecided]") {
  Ward ward;
  ward.saturation();
  ward.pass(hours(71));
  ward.saturation();
  CHECK(ward.told().empty());
  ward.gateway.restart();
  ward.pass(hours(2));
  CHECK(ward.told() == "raised: " + std::string(text));
  ward.gateway.restart();
  ward.saturation();
  ward.pass(hours(100));
  CHECK(ward.told() == "raised: " + std::string(text));
  ward.saturation();
  ward.pulse();
  CHECK(ward.told() == "restored: " + std::string(text));
  CHECK(ward.gateway.reader().expected(ward.patient).empty());
}

TEST_CASE("undecided: a reading that decides it begins anew", "[ingest][undecided]") {
  Ward ward;
  ward.saturation();
  ward.pass(hours(60));
  ward.pulse();
  ward.saturation();
  REQUIRE(ward.gateway.reader().expected(ward.patient).empty());
  ward.pass(hours(3));
  ward.saturation();  // the pulse is too old for it
  ward.pass(hours(70));
  CHECK(ward.told().empty());
  ward.pass(hours(3));
  CHECK(ward.told() == "raised: " + std::string(text));
}

TEST_CASE("undecided: a plan that says something else ends it", "[ingest][undecided]") {
  Ward ward;
  ward.saturation();
  ward.pass(hours(73));
  REQUIRE(ward.told().starts_with("raised"));
  SECTION("the same again") {
    ward.put(both);
    CHECK(ward.told().starts_with("raised"));
  }
  SECTION("nothing") {
    ward.put(R"({"rules":[]})");
    CHECK(ward.told().starts_with("restored"));
    CHECK(ward.gateway.reader().expected(ward.patient).empty());
  }
}

TEST_CASE("undecided: limits against a baseline too, shadow rules and refusals not", "[ingest][undecided]") {
  SECTION("a baseline of too few readings") {
    Ward ward(R"({"limits":[{"kind":"oxygen-saturation","warning_low":-3,"baseline":{"median":"2d","readings":3}}]})");
    ward.saturation();
    ward.pass(hours(73));
    CHECK(ward.told() == "raised: Grensen for SpO2 har ikke latt seg avgjøre på 3 døgn");
    for (int i = 0; i < 4; ++i) {
      ward.pass(hours(1));
      ward.saturation();
    }
    CHECK(ward.told().starts_with("restored"));
  }
  SECTION("a shadow rule") {
    Ward ward(R"({"rules":[{"id":"w","severity":"severe","shadow":true,"all":[{"kind":"oxygen-saturation","below":92},{"kind":"heart-rate","above":100}]}]})");
    ward.saturation();
    ward.pass(hours(80));
    CHECK(ward.told().empty());
  }
  SECTION("a rule that speaks no more") {
    Ward ward(R"({"rules":[{"id":"w","severity":"severe","valid_to":"2026-11-21","all":[{"kind":"oxygen-saturation","below":92},{"kind":"heart-rate","above":100}]}]})");
    ward.saturation();
    ward.pass(hours(80));
    CHECK(ward.told().empty());
  }
  SECTION("a score that is not made for this person") {
    Ward ward(R"({"rules":[{"id":"n","severity":"severe","score":"news2","at_least":5}],"person":{"born":"2015-01-01"}})");
    ward.saturation();
    ward.pass(hours(80));
    CHECK(ward.told().empty());
  }
}

TEST_CASE("undecided: a planned absence does not count", "[ingest][undecided]") {
  Ward ward;
  ward.saturation();
  auto response = ward.gateway.post("/patients/" + ward.patient.text() + "/suppressions", "centre",
                                    R"({"of":"absence","until":"2026-11-22T09:00:00Z","reason":"Sykehus","by":{"id":"n-1","name":"Kari"}})");
  INFO(response.body);
  REQUIRE(response.status == 201);
  ward.pass(hours(80));
  CHECK(ward.told().empty());
  ward.pass(hours(41));  // 48 hours away, and 72 after
  CHECK(ward.told() == "raised: Regelen worsening har ikke latt seg avgjøre på 3 døgn; ikke målt siden da: SpO2, Puls");
}

TEST_CASE("undecided: behind a silent source the source's alarm is the alarm", "[ingest][undecided]") {
  InProcessGateway::Options options;
  options.config.sources[0].silent_after = minutes(30);
  Ward ward(both, std::move(options));
  ward.saturation();
  ward.gateway.pass(hours(1));
  ward.pass(hours(80));
  CHECK(ward.told().empty());
  ward.saturation();
  ward.pass(hours(2));
  CHECK(ward.told().starts_with("raised"));
}
