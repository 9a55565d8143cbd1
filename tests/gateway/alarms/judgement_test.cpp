#include "gateway/alarms/judgement.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/gateway/alarms/examples.hpp"

using namespace gateway;
using namespace gateway::alarms;
using namespace gateway::alarms::examples;
using thresholds::Change;
using thresholds::Direction;
using thresholds::Severity;
using thresholds::State;

namespace {

AlarmChange low(const Alarm* open, const LimitReading& reading, Time now) {
  return apply_limit(open, Direction::low, reading, at(now));
}

LimitReading superseded(LimitReading reading) {
  reading.superseded = true;
  return reading;
}

Alarm in_state(Alarm alarm, State state, Time now) {
  alarm.machine.state = state;
  if (state != State::raised) alarm.machine.acknowledged_at = now;
  return alarm;
}

}  // namespace

TEST_CASE("judgement: a breach opens an alarm that says why", "[gateway][alarms]") {
  AlarmChange change = low(nullptr, saturation(86, morning, 0xB1), morning + 2s);
  REQUIRE(change.alarm);
  CHECK(change.change == Change::raised);
  CHECK(change.announce);
  const Alarm& alarm = *change.alarm;
  CHECK(alarm.id == AlarmId{0xA1});
  CHECK(alarm.version == 1);
  CHECK(alarm.origin == Origin::limit);
  CHECK(alarm.patient == patient);
  CHECK(alarm.code.code == "5.2.1");
  CHECK(alarm.code.system == fhir::vkp_alert_code);
  CHECK(alarm.machine.severity == Severity::severe);
  CHECK(alarm.announce);
  CHECK(alarm.raised == morning + 2s);
  CHECK(alarm.measured == morning);
  CHECK(alarm.identity == limit_identity(patient, "oxygen-saturation", "", Direction::low));
  CHECK(alarm.reason ==
        Reason{"oxygen-saturation:alert_low", 3, "SpO2 86 %, grense 88", fhir::Decimal(88), fhir::Decimal(86), "%"});
  CHECK(alarm.occurrence_count == 1);
  CHECK(alarm.occurrences ==
        std::vector<Occurrence>{{morning + 2s, morning, ObservationId{0xB1}, fhir::Decimal(86), "%"}});
  CHECK(alarm.device == "SN-9");
  CHECK_FALSE(alarm.late);
  CHECK_FALSE(alarm.superseded);
}

TEST_CASE("judgement: what leaves everything as it is says why", "[gateway][alarms]") {
  LimitReading no_limit = saturation(86, morning, 0xB2);
  no_limit.verdict = {};
  LimitReading undecidable = no_limit;
  undecidable.verdict.outcome = thresholds::Outcome::undecidable;
  LimitReading high = saturation(86, morning + 1min, 0xB2);
  high.verdict.direction = Direction::high;
  struct Row {
    std::string name;
    LimitReading reading;
    std::string reason;
  };
  const std::vector<Row> rows{
      {"no limit", no_limit, "no-limit"},
      {"undecidable", undecidable, "undecidable"},
      {"a breach of the other side", high, "other-direction"},
  };
  const Alarm open = red();
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      for (const Alarm* alarm : {static_cast<const Alarm*>(nullptr), &open}) {
        AlarmChange change = low(alarm, row.reading, morning + 1min);
        CHECK_FALSE(change.alarm);
        CHECK(change.change == Change::none);
        CHECK_FALSE(change.announce);
        CHECK(change.reason == row.reason);
      }
    }
  }
  CHECK(low(nullptr, saturation(95, morning, 0xB2), morning).reason == "no-breach");
}

TEST_CASE("judgement: a component names its own alarm", "[gateway][alarms]") {
  LimitReading reading = saturation(86, morning, 0xB1);
  reading.kind = fhir::kinds().blood_pressure;
  reading.component = fhir::kinds().systolic;
  reading.value = fhir::Decimal(182);
  reading.verdict = {thresholds::Outcome::breach, thresholds::Bound::alert_high, Severity::severe, Direction::high,
                     thresholds::Number{180, 0}};
  AlarmChange change = apply_limit(nullptr, Direction::high, reading, at(morning));
  REQUIRE(change.alarm);
  CHECK(change.alarm->identity == limit_identity(patient, "blood-pressure", "systolic", Direction::high));
  CHECK(change.alarm->reason.rule == "blood-pressure/systolic:alert_high");
  CHECK(change.alarm->reason.text == "Systolisk blodtrykk 182 mmHg, grense 180");
  CHECK(change.alarm->reason.unit == "mm[Hg]");
  CHECK_FALSE(low(nullptr, reading, morning).alarm);
}

TEST_CASE("judgement: a further breach is an occurrence and the next version", "[gateway][alarms]") {
  Alarm open = red();
  AlarmChange change = low(&open, saturation(84, morning + 5min, 0xB2), morning + 5min);
  REQUIRE(change.alarm);
  CHECK(change.change == Change::repeated);
  CHECK_FALSE(change.announce);  // unacknowledged: the first call stands
  CHECK_FALSE(change.alarm->announce);
  CHECK(change.alarm->id == open.id);
  CHECK(change.alarm->version == 2);
  CHECK(change.alarm->raised == open.raised);
  CHECK(change.alarm->measured == morning + 5min);
  CHECK(change.alarm->reason.value == fhir::Decimal(84));
  CHECK(change.alarm->occurrence_count == 2);
  CHECK(observations(*change.alarm) == std::vector<ObservationId>{{0xB2}, {0xB1}});

  Alarm acknowledged = in_state(*change.alarm, State::acknowledged, morning + 6min);
  AlarmChange worse = low(&acknowledged, saturation(83, morning + 7min, 0xB3), morning + 7min);
  CHECK(worse.announce);
  CHECK(worse.alarm->announce);
  CHECK(worse.reason == "worse");
}

TEST_CASE("judgement: the reason explains the severity shown", "[gateway][alarms]") {
  Alarm open = red();
  // Better than red, still yellow: the alarm stays red and says why.
  Alarm next = *low(&open, saturation(90, morning + 5min, 0xB2), morning + 5min).alarm;
  CHECK(next.machine.severity == Severity::severe);
  CHECK(next.reason.value == fhir::Decimal(86));
  CHECK(next.measured == morning + 5min);
  CHECK(next.occurrences.front().value == fhir::Decimal(90));
}

TEST_CASE("judgement: an old reading is an occurrence and never re-dates", "[gateway][alarms]") {
  Alarm yellow = *low(nullptr, saturation(90, morning, 0xB1), morning).alarm;

  SECTION("of the same severity it leaves the reason alone") {
    Alarm next = *low(&yellow, superseded(saturation(89, morning - 1h, 0xB2)), morning + 1min).alarm;
    CHECK(next.measured == morning);
    CHECK(next.reason.value == fhir::Decimal(90));
    CHECK(next.occurrence_count == 2);
    CHECK(next.occurrences.front().observation == ObservationId{0xB1});
    CHECK(next.occurrences.back().observation == ObservationId{0xB2});
    CHECK_FALSE(next.superseded);
  }
  SECTION("worse, it explains the severity it brought") {
    Alarm next = *low(&yellow, superseded(saturation(80, morning - 1h, 0xB2)), morning + 1min).alarm;
    CHECK(next.machine.severity == Severity::severe);
    CHECK(next.measured == morning);
    CHECK(next.reason.value == fhir::Decimal(80));
  }
  SECTION("also between the breach and a newer normal reading") {
    Alarm next = *low(&yellow, superseded(saturation(89, morning + 3min, 0xB2)), morning + 6min).alarm;
    CHECK(next.measured == morning);
    CHECK(next.reason.value == fhir::Decimal(90));
  }
  SECTION("within limits it is nothing") {
    CHECK(low(&yellow, superseded(saturation(97, morning - 1h, 0xB2)), morning + 1min).reason == "superseded");
  }
}

TEST_CASE("judgement: late and superseded are said of the alarm while all of it is", "[gateway][alarms]") {
  LimitReading reading = superseded(saturation(86, morning - 3h, 0xB1));
  reading.late = true;
  Alarm old = *low(nullptr, reading, morning).alarm;
  CHECK(old.late);
  CHECK(old.superseded);
  CHECK(old.reason.text == "SpO2 86 %, grense 88, mottatt 3 timer etter måling");
  Alarm fresh = *low(&old, saturation(86, morning, 0xB2), morning).alarm;
  CHECK_FALSE(fresh.late);
  CHECK_FALSE(fresh.superseded);
}

TEST_CASE("judgement: past the horizon is shown and not announced", "[gateway][alarms]") {
  LimitReading reading = saturation(86, morning - 30h, 0xB1);
  reading.past_horizon = reading.late = true;
  AlarmChange change = low(nullptr, reading, morning);
  REQUIRE(change.alarm);
  CHECK(change.change == Change::raised);
  CHECK_FALSE(change.announce);
  CHECK_FALSE(change.alarm->announce);
  AlarmChange fresh = low(&*change.alarm, saturation(86, morning, 0xB2), morning);
  CHECK(fresh.announce);
  CHECK(fresh.reason == "first-announceable");
}

TEST_CASE("judgement: a return to normal is noted and closes nothing", "[gateway][alarms]") {
  Alarm open = red();
  AlarmChange change = low(&open, saturation(95, morning + 5min, 0xB2), morning + 6min);
  REQUIRE(change.alarm);
  CHECK(change.change == Change::normal);
  CHECK_FALSE(change.announce);
  CHECK(change.alarm->open());
  CHECK(change.alarm->machine.severity == Severity::severe);
  CHECK(change.alarm->occurrence_count == 1);
  CHECK(change.alarm->measured == morning);
  REQUIRE(change.alarm->events.size() == 1);
  CHECK(change.alarm->events[0] == LogEntry{morning + 6min, std::nullopt, "normal", "SpO2 95 %"});
  CHECK_FALSE(low(&*change.alarm, saturation(96, morning + 7min, 0xB3), morning + 7min).alarm);
}

TEST_CASE("judgement: a breach after resolved is a new alarm", "[gateway][alarms]") {
  Alarm resolved = in_state(red(), State::resolved, morning);
  AlarmChange change =
      apply_limit(&resolved, Direction::low, saturation(86, morning + 5min, 0xB2), at(morning + 5min, 0xA2));
  REQUIRE(change.alarm);
  CHECK(change.change == Change::raised);
  CHECK(change.alarm->id == AlarmId{0xA2});
  CHECK(change.alarm->events.empty());
  CHECK_FALSE(low(&resolved, saturation(95, morning + 5min, 0xB2), morning + 5min).alarm);
  // Also a new version of the reading that opened the resolved one, and a press.
  CHECK(low(&resolved, saturation(85, morning, 0xB1), morning + 5min).change == Change::raised);
  CHECK(low(&resolved, saturation(95, morning, 0xB1), morning + 5min).reason == "no-breach");
  CHECK(apply_event(&resolved, press(morning), at(morning, 0xA2)).alarm->id == AlarmId{0xA2});
}

TEST_CASE("judgement: at most a hundred occurrences are kept, all are counted", "[gateway][alarms]") {
  Alarm alarm = red();
  for (int i = 1; i <= 120; ++i)
    alarm = *low(&alarm, saturation(86, morning + i * 1min, 0xB1 + i), morning + i * 1min).alarm;
  CHECK(alarm.occurrence_count == 121);
  REQUIRE(alarm.occurrences.size() == occurrences_kept);
  CHECK(alarm.occurrences.front().measured == morning + 120min);
  CHECK(alarm.occurrences.back().measured == morning + 21min);
  // Older than all that are kept: counted, not kept.
  alarm = *low(&alarm, superseded(saturation(86, morning - 1h, 0xFFF)), morning + 121min).alarm;
  CHECK(alarm.occurrence_count == 122);
  CHECK(alarm.occurrences.back().measured == morning + 21min);
}

TEST_CASE("judgement: equal measured times keep the order of arrival, newest first", "[gateway][alarms]") {
  Alarm open = red();
  Alarm next = *low(&open, saturation(85, morning, 0xB2), morning + 3s).alarm;
  CHECK(observations(next) == std::vector<ObservationId>{{0xB2}, {0xB1}});
  CHECK(next.reason.value == fhir::Decimal(85));
}

TEST_CASE("judgement: a new version of a reading corrects its occurrence", "[gateway][alarms]") {
  Alarm open = red();

  SECTION("still a breach: not counted again") {
    AlarmChange change = low(&open, saturation(87, morning, 0xB1), morning + 1min);
    REQUIRE(change.alarm);
    CHECK(change.change == Change::repeated);
    CHECK_FALSE(change.announce);
    CHECK(change.alarm->occurrence_count == 1);
    CHECK(change.alarm->occurrences ==
          std::vector<Occurrence>{{morning + 2s, morning, ObservationId{0xB1}, fhir::Decimal(87), "%"}});
    CHECK(change.alarm->reason.value == fhir::Decimal(87));
    CHECK(change.alarm->events.back().action == "corrected");
    CHECK(change.alarm->events.back().note == "86 rettet: SpO2 87 %");
  }
  SECTION("within limits: back to normal, open, and told") {
    AlarmChange change = low(&open, saturation(96, morning, 0xB1), morning + 1min);
    REQUIRE(change.alarm);
    CHECK(change.change == Change::normal);
    CHECK(change.alarm->open());
    CHECK(change.alarm->machine.back_to_normal);
    CHECK(change.alarm->occurrences.front().value == fhir::Decimal(96));
    CHECK(change.alarm->events.back().note == "86 rettet: SpO2 96 %");
  }
  SECTION("an older one, within limits: told, and nothing cleared") {
    open = *low(&open, saturation(85, morning + 5min, 0xB2), morning + 5min).alarm;
    AlarmChange change = low(&open, superseded(saturation(96, morning, 0xB1)), morning + 6min);
    REQUIRE(change.alarm);
    CHECK(change.change == Change::action);
    CHECK_FALSE(change.alarm->machine.back_to_normal);
    CHECK(change.alarm->reason.value == fhir::Decimal(85));
    CHECK(change.alarm->version == open.version + 1);
  }
  SECTION("a measured time ahead of the clock, put right, does not make what follows look old") {
    Alarm ahead = *low(nullptr, saturation(86, morning + 4min, 0xB1), morning).alarm;
    Alarm right = *low(&ahead, saturation(86, morning, 0xB1), morning + 1min).alarm;
    CHECK(right.measured == morning);
    CHECK(right.machine.latest_measured == morning);
    CHECK(low(&right, saturation(95, morning + 2min, 0xB2), morning + 2min).change == Change::normal);
  }
}

TEST_CASE("judgement: a safety press always calls", "[gateway][alarms]") {
  SafetyEvent event = press(morning);
  event.location = "Bad";
  event.contact = "+4700000000";
  AlarmChange change = apply_event(nullptr, event, at(morning + 1s));
  REQUIRE(change.alarm);
  CHECK(change.announce);
  CHECK(change.alarm->origin == Origin::event);
  CHECK(change.alarm->machine.severity == Severity::critical);
  CHECK(change.alarm->code == Coding{std::string(fhir::vkp_alert_code), "3", "Trygghetsalarm"});
  CHECK(change.alarm->reason.rule == "safety-alarm");
  CHECK(change.alarm->reason.text == "Trygghetsalarm, sted: Bad");
  CHECK(change.alarm->contact == "+4700000000");
  CHECK(change.alarm->device == "SN-3");
  CHECK(change.alarm->identity == "event|" + patient.text() + "|safety-alarm");

  for (State state : {State::raised, State::acknowledged, State::in_progress, State::accepted, State::snoozed}) {
    DYNAMIC_SECTION(thresholds::name(state)) {
      Alarm open = in_state(*change.alarm, state, morning + 1min);
      AlarmChange again = apply_event(&open, press(morning + 2min), at(morning + 2min));
      REQUIRE(again.alarm);
      CHECK(again.announce);
      CHECK(again.change == Change::repeated);
      CHECK(again.alarm->occurrence_count == 2);
      CHECK(again.alarm->contact == "+4700000000");  // not repeated by the device, still known
    }
  }
}

TEST_CASE("judgement: a press of nobody known is an alarm without patient, until the patient is known",
          "[gateway][alarms]") {
  SafetyEvent event = press(morning);
  event.patient = {};
  event.thing = "oth-bodo/SN-3";
  Alarm open = *apply_event(nullptr, event, at(morning)).alarm;
  CHECK_FALSE(open.patient);
  CHECK(open.identity == "event|device/oth-bodo/SN-3|safety-alarm");

  AlarmChange known = apply_patient_known(open, patient, false, morning + 1min);
  REQUIRE(known.alarm);
  CHECK(known.alarm->patient == patient);
  CHECK(known.alarm->identity == event_identity(patient, fhir::EventKind::safety_alarm));
  CHECK(known.alarm->version == 2);
  CHECK_FALSE(known.announce);
  CHECK(known.alarm->machine == open.machine);

  CHECK(apply_patient_known(open, patient, true, morning).alarm->identity == open.identity);
  CHECK_FALSE(apply_patient_known(*known.alarm, PatientId{7}, false, morning).alarm);
}

// Two patients with a flat battery each, named by number alone, were one thing; the second event could not be stored.
TEST_CASE("judgement: a technical cause is its patient's", "[gateway][alarms]") {
  TechnicalCause cause;
  cause.cause = "low-battery";
  cause.thing = "oth-bodo/SN-3";
  cause.measured = morning;
  const Alarm loose = *apply_technical(nullptr, cause, at(morning)).alarm;
  CHECK(used_by("oth-bodo/SN-3", PatientId{}) == "oth-bodo/SN-3");

  cause.patient = patient;
  cause.thing = used_by(cause.thing, patient);
  CHECK(identity(cause) != loose.identity);
  cause.patient = PatientId{7};
  cause.thing = used_by("oth-bodo/SN-3", cause.patient);
  const std::string other = identity(cause);
  cause.patient = patient;
  cause.thing = used_by("oth-bodo/SN-3", patient);
  CHECK(other != identity(cause));
  // Once the patient is known, the next event finds the alarm that began without.
  CHECK(apply_patient_known(loose, patient, false, morning).alarm->identity == identity(cause));
}

TEST_CASE("judgement: a held reading of a known patient is a technical alarm", "[gateway][alarms]") {
  HeldReading held;
  held.tenant = "bodo";
  held.patient = patient;
  held.kind = fhir::kinds().oxygen_saturation;
  held.value = fhir::Decimal(80);
  held.unit = "%";
  held.reason = adapters::QuarantineReason::unknown_unit;
  held.measured = morning;

  AlarmChange mild = apply_technical(nullptr, technical_cause(held), at(morning));
  REQUIRE(mild.alarm);
  CHECK(mild.alarm->origin == Origin::technical);
  CHECK(mild.alarm->machine.severity == Severity::moderate);
  CHECK(mild.alarm->code == Coding{"urn:hjemport:alarm-code", "quarantined-reading", "Melding i karantene"});
  CHECK(mild.alarm->identity == "technical|quarantined-reading|" + patient.text() + "/oxygen-saturation");
  CHECK(mild.alarm->patient == patient);

  held.would_breach = true;
  AlarmChange grave = apply_technical(&*mild.alarm, technical_cause(held), at(morning + 1min));
  REQUIRE(grave.alarm);
  CHECK(grave.alarm->machine.severity == Severity::severe);
  CHECK(grave.alarm->reason.text == "Melding i karantene (ukjent enhet): SpO2 80 %, ville brutt grensen");
  CHECK(grave.alarm->occurrence_count == 2);

  held.superseded = held.past_horizon = held.late = true;
  AlarmChange old = apply_technical(nullptr, technical_cause(held), at(morning));
  CHECK(old.alarm->superseded);
  CHECK(old.alarm->late);
  CHECK_FALSE(old.announce);
  held.superseded = held.past_horizon = held.late = false;

  Alarm acknowledged = in_state(*mild.alarm, State::acknowledged, morning);
  CHECK(apply_technical(&acknowledged, technical_cause(held), at(morning + 1min)).reason == "worse");
}

TEST_CASE("judgement: a technical cause without words says its own name", "[gateway][alarms]") {
  TechnicalCause cause;
  cause.tenant = "bodo";
  cause.cause = "low-battery";
  cause.thing = "oth-bodo/SN-3";
  cause.measured = morning;
  Alarm alarm = *apply_technical(nullptr, cause, at(morning)).alarm;
  CHECK(alarm.reason.text == "Lavt batteri");
  CHECK(alarm.reason.rule == "low-battery");
  CHECK_FALSE(alarm.patient);
  cause.text = "Batteri 12 %";
  CHECK(apply_technical(nullptr, cause, at(morning)).alarm->reason.text == "Batteri 12 %");
}

TEST_CASE("judgement: only missing and technical alarms end by themselves", "[gateway][alarms]") {
  struct Row {
    Origin origin;
    bool ends;
  };
  for (Row row : {Row{Origin::technical, true}, Row{Origin::missing, true}, Row{Origin::limit, false},
                  Row{Origin::rule, false}, Row{Origin::event, false}}) {
    DYNAMIC_SECTION(name(row.origin)) {
      Alarm open = red();
      open.origin = row.origin;
      open.owner = Person{"centre", "kari", "Kari"};
      AlarmChange change = apply_restored(open, "frigitt", morning + 1h);
      REQUIRE(change.alarm.has_value() == row.ends);
      if (!row.ends) {
        CHECK(change.reason == "closed-by-people-only");
        return;
      }
      CHECK(change.change == Change::restored);
      CHECK_FALSE(change.announce);
      CHECK_FALSE(change.alarm->open());
      CHECK(change.alarm->closing == "restored");
      CHECK_FALSE(change.alarm->owner);
      CHECK(change.alarm->events.back() == LogEntry{morning + 1h, std::nullopt, "restored", "frigitt"});
      CHECK_FALSE(apply_restored(*change.alarm, "", morning + 2h).alarm);
    }
  }
}

TEST_CASE("judgement: an annotation tells and changes nothing else", "[gateway][alarms]") {
  Alarm open = red();
  AlarmChange change = annotate(open, "Målingen er flyttet til en annen pasient", morning + 1h);
  REQUIRE(change.alarm);
  CHECK(change.change == Change::action);
  CHECK_FALSE(change.announce);
  CHECK(change.alarm->machine == open.machine);
  CHECK(change.alarm->version == 2);
  CHECK(change.alarm->events.back().note == "Målingen er flyttet til en annen pasient");
}
