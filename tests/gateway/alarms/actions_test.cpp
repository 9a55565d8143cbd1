#include "gateway/alarms/actions.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/gateway/alarms/examples.hpp"

using namespace gateway;
using namespace gateway::alarms;
using namespace gateway::alarms::examples;
using fhir::ErrorCategory;
using thresholds::Action;
using thresholds::Change;
using thresholds::State;

namespace {

Result<ActionRequest> parsed(const std::string& json) {
  auto document = fhir::JsonDocument::parse(json);
  REQUIRE(document.has_value());
  return action_from_json(document->root());
}

Alarm done(const Alarm& alarm, Action action, Time now) {
  auto change = apply_action(alarm, by_kari(action), "centre", false, now);
  REQUIRE(change.has_value());
  REQUIRE(change->alarm);
  return *change->alarm;
}

}  // namespace

TEST_CASE("actions: a whole body is read, members of later actions are left alone", "[gateway][alarms]") {
  auto request =
      parsed(R"({"action":"hand-over","note":"til legevakt","by":{"id":"kari","name":"Kari Vakt"},"to":"legevakt"})");
  REQUIRE(request.has_value());
  CHECK(request->action == Action::hand_over);
  CHECK(request->note == "til legevakt");
  CHECK(request->by_id == "kari");
  CHECK(request->by_name == "Kari Vakt");
}

TEST_CASE("actions: note and the person's name may be left out", "[gateway][alarms]") {
  for (const char* json :
       {R"({"action":"take","by":{"id":"kari"}})", R"({"action":"take","note":null,"by":{"id":"kari","name":null}})"}) {
    auto request = parsed(json);
    REQUIRE(request.has_value());
    CHECK(request->note.empty());
    CHECK(request->by_name.empty());
  }
}

TEST_CASE("actions: a bad body names the member", "[gateway][alarms]") {
  const std::string long_note(note_limit_bytes + 1, 'x');
  const std::string long_id(person_limit_bytes + 1, 'x');
  struct Row {
    std::string name, json, expected;
  };
  const std::vector<Row> rows{
      {"no object", R"(["take"])", "expected an object"},
      {"no action", R"({"by":{"id":"kari"}})", "action: missing"},
      {"action null", R"({"action":null,"by":{"id":"kari"}})", "action: missing"},
      {"action a number", R"({"action":1,"by":{"id":"kari"}})", "action: expected a string"},
      {"unknown action", R"({"action":"close","by":{"id":"kari"}})", "action: unknown"},
      {"no by", R"({"action":"take"})", "by: missing"},
      {"by a string", R"({"action":"take","by":"kari"})", "by: expected an object"},
      {"no id", R"({"action":"take","by":{"name":"Kari"}})", "by.id: missing"},
      {"empty id", R"({"action":"take","by":{"id":""}})", "by.id: missing"},
      {"id a number", R"({"action":"take","by":{"id":7}})", "by.id: expected a string"},
      {"id too long", R"({"action":"take","by":{"id":")" + long_id + R"("}})", "by.id: more than 200 bytes"},
      {"name a number", R"({"action":"take","by":{"id":"kari","name":7}})", "by.name: expected a string"},
      {"note an object", R"({"action":"take","note":{},"by":{"id":"kari"}})", "note: expected a string"},
      {"note too long", R"({"action":"take","note":")" + long_note + R"(","by":{"id":"kari"}})",
       "note: more than 4000 bytes"},
      {"a note without text", R"({"action":"note","by":{"id":"kari"}})", "note: missing"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      auto request = parsed(row.json);
      REQUIRE_FALSE(request.has_value());
      CHECK(request.error().category == ErrorCategory::invalid);
      CHECK(request.error().detail == row.expected);
    }
  }
  CHECK(parsed(R"({"action":"note","note":")" + long_note.substr(1) + R"(","by":{"id":"kari"}})").has_value());
}

TEST_CASE("actions: taking makes an owner, resolving ends it, reopening starts without one", "[gateway][alarms]") {
  const Person kari{"centre", "kari", "Kari Vakt"};
  Alarm alarm = done(red(), Action::acknowledge, morning + 1min);
  CHECK_FALSE(alarm.owner);
  CHECK(alarm.version == 2);
  alarm = done(alarm, Action::take, morning + 2min);
  CHECK(alarm.owner == kari);
  alarm = done(alarm, Action::note, morning + 3min);
  CHECK(alarm.owner == kari);
  CHECK(alarm.machine.state == State::in_progress);
  alarm = done(alarm, Action::resolve, morning + 4min);
  CHECK_FALSE(alarm.owner);
  CHECK(alarm.closing == "resolve");
  alarm = done(alarm, Action::reopen, morning + 5min);
  CHECK(alarm.machine.state == State::raised);
  CHECK(alarm.closing.empty());
  CHECK(alarm.version == 6);
  REQUIRE(alarm.events.size() == 5);
  CHECK(alarm.events[1] == LogEntry{morning + 2min, kari, "take", ""});
  CHECK(alarm.events[4].action == "reopen");
}

TEST_CASE("actions: an escalated alarm keeps its owner until another person takes it", "[gateway][alarms]") {
  Alarm alarm = red();
  alarm.owner = Person{"centre", "per", "Per"};
  CHECK(done(alarm, Action::acknowledge, morning).owner->id == "per");
  CHECK(done(alarm, Action::take, morning).owner->id == "kari");
}

TEST_CASE("actions: an action never announces, and says what was done", "[gateway][alarms]") {
  Alarm alarm = red();
  REQUIRE(alarm.announce);
  auto change = apply_action(alarm, by_kari(Action::note, "ringte pasienten"), "centre", false, morning + 1min);
  REQUIRE(change.has_value());
  CHECK(change->change == Change::action);
  CHECK_FALSE(change->announce);
  CHECK_FALSE(change->alarm->announce);
  CHECK(change->reason == "note");
  CHECK(change->alarm->updated == morning + 1min);
  CHECK(change->alarm->events.back().note == "ringte pasienten");
  CHECK(change->alarm->machine == alarm.machine);
}

TEST_CASE("actions: what the state does not allow is a conflict and changes nothing", "[gateway][alarms]") {
  Alarm alarm = red();
  auto refused = apply_action(alarm, by_kari(Action::reopen), "centre", false, morning);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().category == ErrorCategory::conflict);
  CHECK(refused.error().detail ==
        "reopen is not possible while the alarm is raised; only a resolved alarm is reopened");

  auto later = apply_action(alarm, by_kari(Action::snooze), "centre", false, morning);
  REQUIRE_FALSE(later.has_value());
  CHECK(later.error().detail == "snooze is not supported yet");

  Alarm resolved = done(alarm, Action::resolve, morning);
  auto taken = apply_action(resolved, by_kari(Action::reopen), "centre", true, morning);
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().category == ErrorCategory::conflict);
  CHECK(apply_action(resolved, by_kari(Action::note, "x"), "centre", true, morning).has_value());
}

TEST_CASE("actions: a full log refuses further notes, and nothing else", "[gateway][alarms]") {
  Alarm alarm = red();
  alarm.events.assign(log_kept, LogEntry{morning, Person{"centre", "kari", ""}, "note", "x"});
  auto note = apply_action(alarm, by_kari(Action::note, "x"), "centre", false, morning);
  REQUIRE_FALSE(note.has_value());
  CHECK(note.error().category == ErrorCategory::conflict);
  CHECK(apply_action(alarm, by_kari(Action::resolve), "centre", false, morning).has_value());
}
