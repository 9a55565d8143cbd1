#include "gateway/alarms/alarm.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "fhir/json_reader.hpp"
#include "tests/gateway/alarms/examples.hpp"

using namespace gateway;
using namespace gateway::alarms;
using namespace gateway::alarms::examples;
using thresholds::Direction;

namespace {

std::vector<std::string> member_names(const std::string& json) {
  auto document = fhir::JsonDocument::parse(json);
  REQUIRE(document.has_value());
  std::vector<std::string> names;
  for (fhir::JsonValue member : document->root()) names.emplace_back(member.key());
  return names;
}

Alarm reread(const Alarm& alarm) {
  auto document = fhir::JsonDocument::parse(stored_json(alarm));
  REQUIRE(document.has_value());
  auto read = alarm_from_json(document->root());
  INFO((read ? "" : read.error().detail));
  REQUIRE(read.has_value());
  return *read;
}

// Every optional member set.
Alarm full() {
  Alarm alarm = red();
  alarm.machine.acknowledged_at = morning + 1234567us;
  alarm.machine.latest_measured = morning + 1us;
  alarm.machine.back_to_normal = true;
  alarm.reason.limit = fhir::Decimal(8800, 2);
  alarm.contact = "+47 00 00 00 00 «svar»\n";
  alarm.owner = Person{"centre", "kari", "Kari \"Vakt\""};
  alarm.deadline = morning + 15min;
  alarm.events = {{morning, alarm.owner, "take", "æøå"}, {morning + 1s, std::nullopt, "normal", ""}};
  alarm.closing = "resolve";
  alarm.machine.snoozed_until = morning + 3us;
  alarm.machine.snoozed_from = thresholds::State::in_progress;
  alarm.machine.handing_over = true;
  alarm.offer = Offer{*alarm.owner, "958935420", "Per"};
  alarm.timing = {thresholds::Clock::take, morning + 5us, 2, morning + 6us, morning + 7us};
  alarm.responsible = "972418013";
  alarm.responsible_until = morning + 8us;
  alarm.handed_over = true;
  alarm.former = "";
  alarm.called_in = {"night", "second"};
  alarm.due = morning + 9us;
  alarm.events[0].cause = Coding{"urn:x", "1", "årsak"};
  alarm.events[0].measure = Coding{"", "", "tiltak"};
  alarm.events[0].organization = "958935420";
  alarm.events[1].level = 3;
  return alarm;
}

}  // namespace

TEST_CASE("alarm json: exactly the contract's members, in its order, on one line", "[gateway][alarms]") {
  const std::vector<std::string> expected{
      "id",          "version",      "tenant", "patient",    "origin", "code",     "severity", "colour",
      "state",       "announce",     "late",   "superseded", "raised", "measured", "reason",   "occurrence_count",
      "occurrences", "observations", "device", "contact",    "owner",  "deadline", "events"};
  CHECK(member_names(shown_json(red())) == expected);
  CHECK(member_names(shown_json(full())) == expected);
  CHECK(shown_json(full()).find('\n') == std::string::npos);

  std::vector<std::string> stored = expected;
  stored.emplace_back("internal");
  CHECK(member_names(stored_json(full())) == stored);
}

TEST_CASE("alarm json: what is not known is null, never an empty string", "[gateway][alarms]") {
  Alarm alarm = red();
  alarm.patient = {};
  alarm.device.clear();
  auto document = fhir::JsonDocument::parse(shown_json(alarm));
  REQUIRE(document.has_value());
  for (const char* member : {"patient", "device", "contact", "owner", "deadline"}) {
    INFO(member);
    CHECK_FALSE(document->root()[member].absent());
    CHECK(document->root()[member].is_null());
  }
}

TEST_CASE("alarm json: stored and read back is the same alarm", "[gateway][alarms]") {
  Alarm bare;
  bare.id = AlarmId{1};
  struct Row {
    std::string name;
    Alarm alarm;
  };
  const std::vector<Row> rows{{"red", red()}, {"every member", full()}, {"bare", bare}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Alarm read = reread(row.alarm);
      CHECK(stored_json(read) == stored_json(row.alarm));
      CHECK(read == row.alarm);
    }
  }
}

TEST_CASE("alarm json: the machine's times keep their microseconds", "[gateway][alarms]") {
  Alarm alarm = full();
  CHECK(reread(alarm).machine == alarm.machine);
}

TEST_CASE("alarm json: a damaged document is an error that names the place", "[gateway][alarms]") {
  struct Row {
    std::string name, from, to, expected;
  };
  const std::vector<Row> rows{
      {"unknown state", R"("state":"raised")", R"("state":"open")", "state"},
      {"unknown severity", R"("severity":"severe")", R"("severity":"bad")", "severity"},
      {"id", R"("id":"00000000000000a1")", R"("id":"a1")", "id"},
      {"observation", "Observation/00000000000000b1", "Observation/x", "observation"},
      {"no machine", R"("internal")", R"("other")", "internal"},
      {"unknown bound", R"("bound":"alert_low")", R"("bound":"low")", "bound"},
      {"time", R"("raised":"2026)", R"("raised":"x2026)", ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      std::string json = stored_json(red());
      std::size_t place = json.find(row.from);
      REQUIRE(place != std::string::npos);
      json.replace(place, row.from.size(), row.to);
      auto document = fhir::JsonDocument::parse(json);
      REQUIRE(document.has_value());
      auto read = alarm_from_json(document->root());
      REQUIRE_FALSE(read.has_value());
      CHECK(read.error().detail.find(row.expected) != std::string::npos);
    }
  }
}

TEST_CASE("alarm: the store's row repeats what the store searches by", "[gateway][alarms]") {
  Alarm alarm = red();
  store::Alarm stored = row(alarm, store::Tenant{4});
  CHECK(stored.id == alarm.id);
  CHECK(stored.version == 1);
  CHECK(stored.tenant == store::Tenant{4});
  CHECK(stored.patient == patient);
  CHECK(stored.identity == alarm.identity);
  CHECK(stored.open);
  CHECK(stored.severity == 30);
  CHECK(stored.raised == alarm.raised);
  auto read = alarm_from_stored(stored);
  REQUIRE(read.has_value());
  CHECK(*read == alarm);

  alarm.machine.state = thresholds::State::resolved;
  CHECK_FALSE(row(alarm, store::Tenant{4}).open);
  stored.document = "{";
  CHECK_FALSE(alarm_from_stored(stored).has_value());
}

TEST_CASE("alarm: identities tell alarms apart and nothing else does", "[gateway][alarms]") {
  const std::string id = patient.text();
  CHECK(limit_identity(patient, "blood-pressure", "systolic", Direction::high) ==
        "limit|" + id + "|blood-pressure|systolic|high");
  CHECK(limit_identity(patient, "body-weight", "", Direction::low) == "limit|" + id + "|body-weight||low");
  CHECK(rule_identity(patient, "weight-gain") == "rule|" + id + "|weight-gain");
  CHECK(missing_identity(patient, "no-weight") == "missing|" + id + "|no-weight");
  CHECK(event_identity(patient, fhir::EventKind::fall) == "event|" + id + "|fall");
  CHECK(event_identity("oth-bodo/SN-3", fhir::EventKind::fall) == "event|device/oth-bodo/SN-3|fall");
  CHECK(event_identity(id, fhir::EventKind::fall) != event_identity(patient, fhir::EventKind::fall));
  CHECK(technical_identity("source-silent", "oth-bodo") == "technical|source-silent|oth-bodo");
}

TEST_CASE("alarm: observations are each named once, in the order of the occurrences", "[gateway][alarms]") {
  Alarm alarm;
  for (std::int64_t id : {3, 2, 3, 0, 1}) {
    Occurrence occurrence;
    occurrence.observation = ObservationId{id};
    alarm.occurrences.push_back(occurrence);
  }
  CHECK(observations(alarm) == std::vector<ObservationId>{{3}, {2}, {1}});
}

TEST_CASE("alarm: a full log drops the gateway's own lines first, a person's never", "[gateway][alarms]") {
  Alarm alarm;
  alarm.events.assign(log_kept - 1, LogEntry{morning, Person{"centre", "kari", ""}, "note", "x"});
  log(alarm, {morning, std::nullopt, "normal", "first"});
  log(alarm, {morning, std::nullopt, "normal", "second"});
  REQUIRE(alarm.events.size() == log_kept);
  CHECK(alarm.events.back().note == "second");
  log(alarm, {morning, Person{"centre", "kari", ""}, "take", ""});
  REQUIRE(alarm.events.size() == log_kept);
  log(alarm, {morning, Person{"centre", "kari", ""}, "resolve", ""});
  CHECK(alarm.events.size() == log_kept + 1);
}
