#include "gateway/ingest/judge.hpp"

#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;
using tests::pressure;
using tests::reading;
using tests::saturation;

namespace {

const char* const january = "2026-01-01T00:00:00Z";

// A patient "u" with limits, and what became of readings.
struct Judged {
  InProcessGateway gateway;
  PatientId patient;

  explicit Judged(const std::string& limits) {
    gateway.link("sensors", "u", 1, january);
    patient = gateway.patient(1);
    if (!limits.empty()) gateway.limits(patient, limits);
  }
  // The answer to one reading; keeps the first observation's row.
  Json send(const std::string& items) {
    auto response = gateway.ingest("sensors", items);
    INFO(response.body);
    REQUIRE(response.status == 200);
    Json answer(response.body);
    std::string reference = answer.text("results", 0, "observation");
    if (reference.starts_with("Observation/")) {
      row = gateway.reader().observation(*ObservationId::parse(reference.substr(12)));
    }
    return answer;
  }
  Json judgement() const { return Json(row->judgement); }
  std::vector<alarms::Alarm> open() {
    std::vector<alarms::Alarm> alarms;
    for (const store::Alarm& stored : gateway.reader().open_alarms(patient))
      alarms.push_back(alarms::alarm_from_stored(stored).value());
    return alarms;
  }
  // "severe oxygen-saturation:alert_low" of each open alarm.
  std::string open_text() {
    std::string text;
    for (const alarms::Alarm& alarm : open()) {
      text.append(text.empty() ? "" : ", ")
          .append(thresholds::name(alarm.machine.severity))
          .append(" ")
          .append(alarm.reason.rule);
    }
    return text;
  }

  std::optional<store::Observation> row;
};

const char* const four_bounds =
    R"([{"kind":"oxygen-saturation","alert_low":85,"warning_low":90,"warning_high":98,"alert_high":99.5},
  {"kind":"blood-pressure","component":"systolic","alert_high":180,"warning_high":160,"warning_low":100,"alert_low":90},
  {"kind":"blood-pressure","component":"diastolic","alert_high":110,"warning_high":100}])";

std::string sat_now(std::string_view value, std::string_view more = {}) {
  return saturation("u", "2026-11-20T08:59:00Z", value, more);
}

}  // namespace

TEST_CASE("judge: four bounds, compared strictly, per component", "[ingest][judge]") {
  struct Row {
    const char* name;
    std::string item;
    const char* open;
  };
  auto bp = [](const char* systolic, const char* diastolic) {
    return pressure("u", "2026-11-20T08:59:00Z", systolic, diastolic);
  };
  const Row rows[] = {
      {"within", sat_now("95"), ""},
      {"at warning_low", sat_now("90"), ""},
      {"a tenth below warning_low", sat_now("89.9"), "moderate oxygen-saturation:warning_low"},
      {"at alert_low is still a warning", sat_now("85"), "moderate oxygen-saturation:warning_low"},
      {"below alert_low", sat_now("84.99"), "severe oxygen-saturation:alert_low"},
      {"at warning_high", sat_now("98.0"), ""},
      {"above warning_high", sat_now("98.1"), "moderate oxygen-saturation:warning_high"},
      {"above alert_high", sat_now("100"), "severe oxygen-saturation:alert_high"},
      {"a comparator decides", sat_now("84", R"("comparator":"<")"), "severe oxygen-saturation:alert_low"},
      {"a comparator that cannot decide", sat_now("95", R"("comparator":"<")"), ""},
      {"systolic alone", bp("185", "80"), "severe blood-pressure/systolic:alert_high"},
      {"both components", bp("185", "105"),
       "severe blood-pressure/systolic:alert_high, moderate blood-pressure/diastolic:warning_high"},
      {"systolic low", bp("89", "60"), "severe blood-pressure/systolic:alert_low"},
      {"neither", bp("130", "80"), ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Judged j(four_bounds);
      j.send(row.item);
      CHECK(j.open_text() == row.open);
    }
  }
}

TEST_CASE("judge: says why it stayed quiet, with the versions it used", "[ingest][judge]") {
  SECTION("not enrolled") {
    Judged j("");
    j.send(sat_now("80"));
    CHECK(j.judgement().text("outcome") == "not-enrolled");
    CHECK(j.judgement().text("plan") == "0");
    CHECK(j.open().empty());
  }
  SECTION("enrolled, with no limit for this kind") {
    Judged j(R"([{"kind":"body-temperature","alert_high":39}])");
    j.send(sat_now("80"));
    CHECK(j.judgement().text("outcome") == "no-limit");
    CHECK(j.judgement().text("plan") == "1");
  }
  SECTION("within") {
    Judged j(four_bounds);
    j.send(sat_now("95.0"));
    Json judgement = j.judgement();
    CHECK(judgement.text("outcome") == "judged");
    CHECK(judgement.text("observation_version") == "1");
    CHECK(judgement.text("verdicts", 0, "outcome") == "within");
    CHECK(judgement.text("verdicts", 0, "value") == "95.0");
    CHECK(judgement.text("verdicts", 0, "origin") == "personal");
    CHECK(judgement.text("at") == "2026-11-20T09:00:00.000Z");
  }
  SECTION("undecidable") {
    Judged j(four_bounds);
    j.send(sat_now("95", R"("comparator":"<")"));
    CHECK(j.judgement().text("verdicts", 0, "outcome") == "undecidable");
  }
  SECTION("a breach") {
    Judged j(four_bounds);
    j.send(sat_now("80"));
    Json judgement = j.judgement();
    CHECK(judgement.text("verdicts", 0, "bound") == "alert_low");
    CHECK(judgement.text("verdicts", 0, "limit") == "85");
    CHECK(judgement.text("verdicts", 0, "low", "change") == "raised");
    CHECK(judgement.text("verdicts", 0, "low", "reason") == "new-breach");
    CHECK(judgement.text("verdicts", 0, "low", "alarm") == j.open().front().id.text());
    CHECK(judgement.at("verdicts", 0, "high").absent());
  }
  SECTION("the limits' version in force at the commit") {
    Judged j(four_bounds);
    j.gateway.limits(j.patient, R"([{"kind":"oxygen-saturation","alert_low":70}])");
    j.send(sat_now("80"));
    CHECK(j.judgement().text("plan") == "2");
    CHECK(j.open().empty());
  }
}

TEST_CASE("judge: a heart-rate limit judges a pulse unless there is one for the pulse", "[ingest][judge]") {
  const std::string pulse = reading("u", "2026-11-20T08:59:00Z", "pulse-rate", "130", "/min");
  SECTION("heart-rate only") {
    Judged j(R"([{"kind":"heart-rate","alert_high":120}])");
    j.send(pulse);
    CHECK(j.open_text() == "severe heart-rate:alert_high");
  }
  SECTION("a wider one for the pulse wins") {
    Judged j(R"([{"kind":"heart-rate","alert_high":120},{"kind":"pulse-rate","alert_high":140}])");
    j.send(pulse);
    CHECK(j.open_text() == "");
    j.send(reading("u", "2026-11-20T08:59:30Z", "heart-rate", "130", "/min"));
    CHECK(j.open_text() == "severe heart-rate:alert_high");
  }
  SECTION("a pulse limit does not judge a heart rate") {
    Judged j(R"([{"kind":"pulse-rate","alert_high":120}])");
    j.send(reading("u", "2026-11-20T08:59:00Z", "heart-rate", "130", "/min"));
    CHECK(j.judgement().text("outcome") == "no-limit");
  }
}

TEST_CASE("judge: late, superseded and too old to announce", "[ingest][judge]") {
  Judged j(four_bounds);
  SECTION("late is more than an hour") {
    j.send(saturation("u", "2026-11-20T08:00:00Z", "95"));
    CHECK_FALSE(j.row->late);
    j.send(saturation("u", "2026-11-20T07:59:59Z", "95"));
    CHECK(j.row->late);
  }
  SECTION("superseded: a later one of the kind is judged; it opens an alarm marked so and never clears one") {
    j.send(saturation("u", "2026-11-20T08:50:00Z", "95"));
    j.send(saturation("u", "2026-11-20T08:40:00Z", "80"));
    CHECK(j.row->superseded);
    REQUIRE(j.open().size() == 1);
    CHECK(j.open().front().superseded);
    j.send(saturation("u", "2026-11-20T08:30:00Z", "95"));
    CHECK_FALSE(j.open().front().machine.back_to_normal);
    CHECK(j.judgement().text("verdicts", 0, "low", "reason") == "superseded");
  }
  SECTION("another kind does not supersede") {
    j.send(reading("u", "2026-11-20T08:50:00Z", "body-temperature", "37", "Cel"));
    j.send(saturation("u", "2026-11-20T08:40:00Z", "80"));
    CHECK_FALSE(j.row->superseded);
  }
  SECTION("superseded is known again after a restart") {
    j.send(saturation("u", "2026-11-20T08:50:00Z", "95"));
    j.gateway.restart();
    j.send(saturation("u", "2026-11-20T08:40:00Z", "95"));
    CHECK(j.row->superseded);
  }
  SECTION("past the horizon: shown, not announced") {
    j.send(saturation("u", "2026-11-19T08:59:59Z", "80"));
    REQUIRE(j.open().size() == 1);
    CHECK_FALSE(j.open().front().announce);
    CHECK(j.judgement().text("past_horizon") == "true");
  }
  SECTION("a day old to the second is announced") {
    j.send(saturation("u", "2026-11-19T09:00:00Z", "80"));
    CHECK(j.open().front().announce);
  }
}

TEST_CASE("judge: a backlog gives one announced summary for each patient", "[ingest][judge]") {
  Judged j(four_bounds);
  std::string items;
  for (int hour = 10; hour < 20; ++hour) {
    items += (items.empty() ? "" : ",") + saturation("u", "2026-11-18T" + std::to_string(hour) + ":00:00Z", "80");
  }
  j.send(items);
  REQUIRE(j.open().size() == 2);
  CHECK(j.open_text() == "severe oxygen-saturation:alert_low, moderate backlog-summary");
  CHECK_FALSE(j.open()[0].announce);
  CHECK(j.open()[0].occurrence_count == 10);
  CHECK(j.open()[1].announce);
  SECTION("one old breach alone has none") {
    Judged other(four_bounds);
    other.send(saturation("u", "2026-11-18T10:00:00Z", "80"));
    CHECK(other.open().size() == 1);
  }
}

TEST_CASE("judge: a return to normal is noted and never closes", "[ingest][judge]") {
  Judged j(four_bounds);
  j.send(saturation("u", "2026-11-20T08:50:00Z", "80"));
  Json answer = j.send(saturation("u", "2026-11-20T08:55:00Z", "95"));
  REQUIRE(j.open().size() == 1);
  CHECK(j.open().front().machine.back_to_normal);
  CHECK(answer.at("results", 0, "alarms").size() == 1);
  CHECK(j.judgement().text("verdicts", 0, "low", "change") == "normal");
}

TEST_CASE("judge: a breach amended back within limits corrects the alarm, which stays for a person",
          "[ingest][judge]") {
  Judged j(four_bounds);
  j.send(sat_now("80", R"("id":"r-1")"));
  Json answer = j.send(sat_now("95", R"("id":"r-1")"));
  CHECK(answer.text("results", 0, "outcome") == "amended");
  REQUIRE(j.open().size() == 1);
  const alarms::Alarm alarm = j.open().front();
  CHECK(alarm.occurrence_count == 1);
  CHECK(alarm.occurrences.front().value == fhir::Decimal(95));
  CHECK(alarm.events.back().action == "corrected");
  CHECK(j.judgement().text("observation_version") == "2");
  SECTION("and amended into a breach opens one") {
    j.send(saturation("u", "2026-11-20T08:58:00Z", "95", R"("id":"r-2")"));
    j.gateway.limits(j.patient, R"([{"kind":"body-temperature","alert_high":39}])");
    j.send(reading("u", "2026-11-20T08:58:00Z", "body-temperature", "37", "Cel", R"("id":"r-3")"));
    j.send(reading("u", "2026-11-20T08:58:00Z", "body-temperature", "40", "Cel", R"("id":"r-3")"));
    CHECK(j.open().size() == 2);
  }
}

TEST_CASE("judge: a held reading of a known patient is a technical alarm, severe when its value would have breached",
          "[ingest][judge]") {
  struct Row {
    const char* name;
    std::string item;
    const char* open;
  };
  const Row rows[] = {
      {"future time, red value", saturation("u", "2026-11-20T10:00:00Z", "80"), "severe quarantined-reading"},
      {"future time, good value", saturation("u", "2026-11-20T10:00:00Z", "95"), "moderate quarantined-reading"},
      {"implausible", sat_now("193"), "severe quarantined-reading"},
      {"an unknown kind", reading("u", "2026-11-20T08:59:00Z", "blood-magic", "1", "kg"),
       "moderate quarantined-reading"},
      {"a pressure with a red component", pressure("u", "2026-11-20T10:00:00Z", "190", "80"),
       "severe quarantined-reading"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Judged j(four_bounds);
      Json answer = j.send(row.item);
      CHECK(answer.text("results", 0, "outcome") == "quarantined");
      CHECK(j.open_text() == row.open);
      CHECK(answer.at("results", 0, "alarms").size() == 1);
      SECTION("and a resend of it is no news") {
        Json again = j.send(row.item);
        CHECK(again.text("results", 0, "quarantine") == answer.text("results", 0, "quarantine"));
        CHECK(again.at("results", 0, "alarms").absent());
        CHECK(j.open().front().occurrence_count == 1);
      }
    }
  }
}

TEST_CASE("judge: each change of an alarm is one journal entry with the alarm as it then was", "[ingest][judge]") {
  Judged j(four_bounds);
  j.send(saturation("u", "2026-11-20T08:50:00Z", "88") + "," + saturation("u", "2026-11-20T08:51:00Z", "80") + "," +
         saturation("u", "2026-11-20T08:52:00Z", "95"));
  std::string changes;
  for (const store::JournalEntry& entry :
       j.gateway.reader().journal(0, 100, 1u << static_cast<unsigned>(store::Entry::alarm))) {
    changes += entry.change + "/" + Json(entry.data).text("version") + " ";
    CHECK(entry.data.find('\n') == std::string::npos);
  }
  CHECK(changes == "raised/1 repeated/2 normal/3 ");
  CHECK(j.open().front().version == 3);
}
