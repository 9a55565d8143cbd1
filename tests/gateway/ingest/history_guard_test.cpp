#include "gateway/ingest/history_guard.hpp"

#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;
using tests::reading;

namespace {

using Days = std::chrono::days;

const fhir::Time nine = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + std::chrono::hours(9);

fhir::Decimal decimal(std::string_view text) { return fhir::Decimal::parse(text).value(); }

// One a day, the newest yesterday.
std::vector<registry::PastReading> days_before(const std::vector<const char*>& values, int every = 1) {
  std::vector<registry::PastReading> past;
  std::int64_t id = 1;
  for (const char* value : values) {
    past.push_back({ObservationId{id}, nine - Days(every * static_cast<int>(id)), decimal(value)});
    ++id;
  }
  return past;
}

// "pounds sent as kilograms 81.65", or empty.
std::string slip(fhir::Kind kind, const char* value, const std::vector<registry::PastReading>& past, ObservationId self = {}) {
  const auto found = ingest::unit_slip(kind, decimal(value), nine, self, past);
  if (!found) return {};
  const std::string words(found->looks_like);
  return words.substr(11, words.find(',') - 11) + " " + found->meant.text();
}

}  // namespace

TEST_CASE("history guard: pounds sent as kilograms, and the reverse", "[ingest][guard]") {
  const fhir::Kind weight = fhir::kinds().body_weight;
  const auto past = days_before({"82.1", "81.9", "82.4", "82.0"});
  struct Row {
    const char* name;
    const char* value;
    std::string found;
  };
  const Row rows[] = {
      {"the same weight in pounds", "180.8", "pounds sent as kilograms 82.01"},
      {"some water more, in pounds", "187", "pounds sent as kilograms 84.82"},
      {"the same weight read as pounds", "37.2", "kilograms sent as pounds 82.01"},
      {"a kilogram more", "83.1", ""},
      {"ten kilograms more", "92", ""},
      {"twice as much", "164", ""},
      {"half as much", "41", ""},
      {"a third more than pounds would be", "240", ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(slip(weight, row.value, past) == row.found); }
  }
  SECTION("no history, no claim") {
    CHECK(slip(weight, "180.8", {}).empty());
    CHECK(slip(weight, "180.8", days_before({"82", "82"})).empty());
  }
  SECTION("a history that does not agree with itself proves nothing") {
    CHECK(slip(weight, "180.8", days_before({"82", "181", "82", "180"})).empty());
    CHECK(slip(weight, "37", days_before({"82", "74", "82", "90"})).empty());
  }
  SECTION("old readings are no history") {
    CHECK(slip(weight, "180.8", days_before({"82", "82", "82"}, 40)).empty());
    CHECK_FALSE(slip(weight, "180.8", days_before({"82", "82", "82"}, 29)).empty());
  }
  SECTION("a correction is not compared with what it corrects") {
    CHECK(slip(weight, "180.8", days_before({"82", "82", "82"}), ObservationId{2}).empty());
    CHECK_FALSE(slip(weight, "180.8", days_before({"82", "82", "82"}), ObservationId{9}).empty());
  }
  SECTION("a child's growth over a season is no slip") {
    CHECK(slip(weight, "8.8", days_before({"8.5", "7.2", "6.1", "5.0", "4.0"}, 18)).empty());
  }
}

TEST_CASE("history guard: glucose is held only where no device shows such a value", "[ingest][guard]") {
  const fhir::Kind blood = fhir::kinds().blood_glucose;
  const fhir::Kind sensor = fhir::kinds().interstitial_glucose;
  struct Row {
    const char* name;
    fhir::Kind kind;
    std::vector<const char*> past;
    const char* value;
    std::string found;
  };
  const Row rows[] = {
      // 12.6 mmol/L labelled mg/dL arrives as 0.7.
      {"mmol/L sent as mg/dL", blood, {"11", "14.2", "9.8", "12"}, "0.70", "mmol/L sent as mg/dL 12.61"},
      {"the same, but the patient was low before", blood, {"1.4", "3.0", "2.1", "4"}, "0.70", ""},
      {"a hypo that a meter can show", blood, {"14", "18", "16", "19"}, "1.1", ""},
      {"a fall from 20 to 1.5", blood, {"20", "22", "25", "19"}, "1.5", ""},
      {"a rise from 1.1 to 20", blood, {"1.1", "1.3", "1.2", "2"}, "20", ""},
      // 40 mg/dL labelled mmol/L is 2.2.
      {"mg/dL sent as mmol/L", blood, {"3.1", "2.9", "4.0", "3.5"}, "40", "mg/dL sent as mmol/L 2.22"},
      {"really 40, after days of rising", blood, {"31", "28", "24", "20"}, "40", ""},
      {"at the top of what a meter shows", blood, {"3.1", "2.9", "4.0", "3.5"}, "33.3", ""},
      {"a sensor below its range", sensor, {"16", "19", "21", "17"}, "1.05", "mmol/L sent as mg/dL 18.92"},
      {"a sensor at its lowest", sensor, {"16", "19", "21", "17"}, "2.2", ""},
      {"a sensor above its range", sensor, {"2.5", "2.9", "3.0", "2.3"}, "28", "mg/dL sent as mmol/L 1.55"},
      {"two readings are no history", blood, {"11", "14.2"}, "0.70", ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(slip(row.kind, row.value, days_before(row.past)) == row.found); }
  }
  SECTION("two weeks are the memory") {
    CHECK(slip(blood, "0.70", days_before({"11", "14", "12"}, 6)).empty());
    CHECK_FALSE(slip(blood, "0.70", days_before({"11", "14", "12"}, 4)).empty());
  }
}

TEST_CASE("history guard: other kinds are not looked at", "[ingest][guard]") {
  for (const char* kind : {"body-height", "heart-rate", "ketones", "body-temperature", "unknown"}) {
    INFO(kind);
    CHECK_FALSE(ingest::guarded(fhir::kind_named(kind)));
    CHECK(slip(fhir::kind_named(kind), "180.8", days_before({"82", "82", "82"})).empty());
  }
}

namespace {

// A patient "u" with three weights of 82 kg, and a limit.
struct Weighed {
  InProcessGateway gateway;
  PatientId patient;

  Weighed() {
    gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
    patient = gateway.patient(1);
    gateway.limits(patient, R"([{"kind":"body-weight","alert_high":120,"alert_low":60}])");
    for (const char* day : {"17", "18", "19"})
      send(weight("2026-11-" + std::string(day) + "T07:00:00Z", "82.1", "kg"));
  }
  static std::string weight(const std::string& time, const char* value, const char* unit, const char* more = "") {
    return reading("u", time, "body-weight", value, unit, more);
  }
  Json send(const std::string& items) {
    auto response = gateway.ingest("sensors", items);
    INFO(response.body);
    REQUIRE(response.status == 200);
    return Json(response.body);
  }
  Json today(const char* value, const char* unit = "kg") {
    return send(weight("2026-11-20T07:00:00Z", value, unit, R"("id":"today")"));
  }
  std::vector<alarms::Alarm> open() {
    std::vector<alarms::Alarm> found;
    for (const store::Alarm& stored : gateway.reader().open_alarms(patient))
      found.push_back(alarms::alarm_from_stored(stored).value());
    return found;
  }
  http::Response retry(const std::string& id, std::string body) {
    return gateway.post("/admin/quarantine/" + id + "/retry", "operator", std::move(body));
  }
};

}  // namespace

TEST_CASE("history guard: a slipped unit waits, with a severe alarm when either value breaches", "[ingest][guard]") {
  Weighed w;
  const Json answer = w.today("181");
  CHECK(answer.text("results", 0, "outcome") == "quarantined");
  CHECK(answer.text("results", 0, "reason") == "implausible");
  CHECK(answer.at("results", 0, "observation").absent());
  REQUIRE(w.open().size() == 1);
  CHECK(w.open().front().reason.rule == "quarantined-reading");
  CHECK(w.open().front().machine.severity == thresholds::Severity::severe);  // 181 kg would breach
  CHECK(w.open().front().reason.value == fhir::Decimal(181));                // what was sent is what is shown
  const auto item = w.gateway.reader().quarantined(*QuarantineId::parse(answer.text("results", 0, "quarantine")));
  REQUIRE(item);
  CHECK(item->note == "looks like pounds sent as kilograms, by the patient's own last weights");

  SECTION("sent again it is the same item") {
    CHECK(w.today("181").text("results", 0, "quarantine") == answer.text("results", 0, "quarantine"));
    CHECK(w.open().front().occurrence_count == 1);
  }
  SECTION("sent again in its own unit it is accepted and ends the waiting") {
    CHECK(w.today("181", "lb").text("results", 0, "outcome") == "accepted");
    CHECK(w.gateway.reader().quarantined(item->id)->state == store::QuarantineState::released);
  }
  SECTION("a retry alone changes nothing") {
    CHECK(Json(w.retry(item->id.text(), "").body).text("results", 0, "outcome") == "quarantined");
    CHECK(Json(w.retry(item->id.text(), "{}").body).text("results", 0, "reason") == "implausible");
    CHECK(Json(w.retry(item->id.text(), R"({"accept_implausible":false})").body).text("results", 0, "outcome") ==
          "quarantined");
    CHECK(w.gateway.reader().quarantined(item->id)->state == store::QuarantineState::waiting);
  }
  SECTION("an administrator who looked may accept it, and stands for it by name") {
    const http::Response accepted = w.retry(item->id.text(), R"({"accept_implausible":true})");
    CHECK(Json(accepted.body).text("results", 0, "outcome") == "accepted");
    const auto released = w.gateway.reader().quarantined(item->id);
    CHECK(released->state == store::QuarantineState::released);
    CHECK(released->decided_by == "operator, accepted as it is");
    bool breached = false;
    for (const alarms::Alarm& alarm : w.open()) breached |= alarm.reason.rule == "body-weight:alert_high";
    CHECK(breached);  // and it is judged like any other
  }
  SECTION("the body of a retry is checked") {
    for (const char* body : {"[]", R"({"accept":true})", R"({"accept_implausible":"yes"})", "x"}) {
      INFO(body);
      CHECK(w.retry(item->id.text(), body).status == 400);
    }
  }
  SECTION("after a restart the history is read from the store") {
    w.gateway.restart();
    CHECK(w.send(Weighed::weight("2026-11-20T08:00:00Z", "181.2", "kg")).text("results", 0, "outcome") == "quarantined");
  }
}

TEST_CASE("history guard: what it lets pass", "[ingest][guard]") {
  Weighed w;
  SECTION("the first readings of somebody else") {
    w.gateway.link("sensors", "v", 2, "2026-01-01T00:00:00Z");
    CHECK(w.send(reading("v", "2026-11-20T07:00:00Z", "body-weight", "181", "kg")).text("results", 0, "outcome") == "accepted");
  }
  SECTION("a real change") {
    CHECK(w.today("88.4").text("results", 0, "outcome") == "accepted");
  }
  SECTION("a duplicate stays one") {
    CHECK(w.today("82").text("results", 0, "outcome") == "accepted");
    CHECK(w.today("82").text("results", 0, "outcome") == "duplicate");
  }
  SECTION("a bound of a scale is no value") {
    CHECK(w.send(Weighed::weight("2026-11-20T07:00:00Z", "181", "kg", R"("comparator":">")")).text("results", 0, "outcome") ==
          "accepted");
  }
  SECTION("converted it would breach as well, sent it would not: severe all the same") {
    w.gateway.limits(w.patient, R"([{"kind":"body-weight","alert_high":81}])");
    w.today("37.3");  // 82.2 kg as pounds
    REQUIRE(w.open().size() == 1);
    CHECK(w.open().front().machine.severity == thresholds::Severity::severe);
  }
  SECTION("neither breaches: moderate") {
    w.gateway.limits(w.patient, R"([{"kind":"body-weight","alert_high":300}])");
    w.today("181");
    REQUIRE(w.open().size() == 1);
    CHECK(w.open().front().machine.severity == thresholds::Severity::moderate);
  }
}

TEST_CASE("plausibility catches what needs no history", "[ingest][guard]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
  struct Row {
    const char* name;
    std::string item;
  };
  const char* const at = "2026-11-20T08:00:00Z";
  const Row rows[] = {
      {"Fahrenheit as Celsius", reading("u", at, "body-temperature", "98.6", "Cel")},
      {"Celsius as Fahrenheit", reading("u", at, "body-temperature", "37", "[degF]")},
      {"kPa as mm[Hg]", tests::pressure("u", at, "16.5", "10.5")},
      {"99 mg/dL as mmol/L", reading("u", at, "blood-glucose", "99", "mmol/L")},
      {"5.5 mmol/L as mg/dL", reading("u", at, "blood-glucose", "5.5", "mg/dL")},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(Json(gateway.ingest("sensors", row.item).body).text("results", 0, "reason") == "implausible");
    }
  }
}
