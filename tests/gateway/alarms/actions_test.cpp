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

TEST_CASE("actions: a whole body is read, members of other actions are not looked at", "[gateway][alarms]") {
  auto request =
      parsed(R"({"action":"dispatch","note":"ambulanse","by":{"id":"kari","name":"Kari Vakt"},"to":"legevakt","minutes":"x"})");
  REQUIRE(request.has_value());
  CHECK(request->action == Action::dispatch);
  CHECK(request->note == "ambulanse");
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
      {"a snooze without reason", R"({"action":"snooze","minutes":5,"by":{"id":"kari"}})",
       "note: missing; a snooze has a reason"},
      {"a snooze without end", R"({"action":"snooze","note":"x","by":{"id":"kari"}})",
       "a snooze ends: until or minutes, one of them"},
      {"a snooze with two ends",
       R"({"action":"snooze","note":"x","minutes":5,"until":"2026-11-20T08:00:00Z","by":{"id":"kari"}})",
       "a snooze ends: until or minutes, one of them"},
      {"no minutes", R"({"action":"snooze","note":"x","minutes":0,"by":{"id":"kari"}})",
       "minutes: expected a whole number from 1 to 1440"},
      {"half a minute", R"({"action":"snooze","note":"x","minutes":0.5,"by":{"id":"kari"}})",
       "minutes: expected a whole number from 1 to 1440"},
      {"an end without offset", R"({"action":"snooze","note":"x","until":"2026-11-20T08:00:00","by":{"id":"kari"}})",
       "until: expected a time with offset, like 2026-11-20T08:00:00+01:00"},
      {"handed to nobody", R"({"action":"hand-over","by":{"id":"kari"}})",
       "a hand-over is offered (to) or answered (accept), one of them"},
      {"handed to an empty one", R"({"action":"hand-over","to":{},"by":{"id":"kari"}})",
       "to: organization or name is missing"},
      {"handed to a string", R"({"action":"hand-over","to":"legevakt","by":{"id":"kari"}})", "to: expected an object"},
      {"offered and answered", R"({"action":"hand-over","to":{"name":"Per"},"accept":true,"by":{"id":"kari"}})",
       "a hand-over is offered (to) or answered (accept), one of them"},
      {"answered by a word", R"({"action":"hand-over","accept":"yes","by":{"id":"kari"}})",
       "accept: expected true or false"},
      {"a cause without code", R"({"action":"resolve","cause":{"system":"urn:x"},"by":{"id":"kari"}})",
       "cause: code or display is missing"},
      {"a measure that is a word", R"({"action":"resolve","measure":"phone","by":{"id":"kari"}})",
       "measure: expected an object"},
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
  CHECK(alarm.events[1] == LogEntry{morning + 2min, kari, "take", "", {}, {}, {}, 0});
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

namespace {

ActionRequest snooze_for(std::chrono::minutes minutes, std::string who = "kari") {
  ActionRequest request = by_kari(Action::snooze, "ringer tilbake");
  request.minutes = minutes;
  request.by_id = std::move(who);
  return request;
}

ActionRequest offer_to(std::string organization, std::string name = {}) {
  ActionRequest request = by_kari(Action::hand_over, "roer seg");
  request.to_organization = std::move(organization);
  request.to_name = std::move(name);
  return request;
}

ActionRequest answer(bool accept, std::string who) {
  ActionRequest request{Action::hand_over, {}, std::move(who), "Per"};
  request.accept = accept;
  return request;
}

Alarm applied(const Alarm& alarm, const ActionRequest& request, std::string_view client = "centre",
              std::string_view organization = {}) {
  auto change = apply_action(alarm, request, client, false, morning + 10min, organization);
  REQUIRE(change.has_value());
  return *change->alarm;
}

std::string refused(const Alarm& alarm, const ActionRequest& request, ErrorCategory category,
                    std::string_view client = "centre", std::string_view organization = {}) {
  auto change = apply_action(alarm, request, client, false, morning + 10min, organization);
  REQUIRE_FALSE(change.has_value());
  CHECK(change.error().category == category);
  return change.error().detail;
}

}  // namespace

TEST_CASE("actions: a snooze has its bound, is for who has seen or owns it, and never for a safety alarm", "[gateway][alarms]") {
  CHECK(refused(red(), snooze_for(5min), ErrorCategory::conflict) ==
        "snooze is not possible while the alarm is raised; only an acknowledged or taken alarm is snoozed");
  const Alarm seen = done(red(), Action::acknowledge, morning + 1min);
  const Alarm snoozed = applied(seen, snooze_for(60min));
  CHECK(snoozed.machine.state == State::snoozed);
  CHECK(snoozed.machine.snoozed_until == morning + 70min);
  CHECK(snoozed.events.back().note == "ringer tilbake");
  CHECK(refused(seen, snooze_for(61min), ErrorCategory::invalid) == "a snooze of this alarm lasts at most 60 minutes");
  ActionRequest past = snooze_for(0min);
  past.until = morning;
  CHECK(refused(seen, past, ErrorCategory::invalid) == "until: it has passed");

  const Alarm taken = done(red(), Action::take, morning + 1min);
  CHECK(applied(taken, snooze_for(5min)).owner->id == "kari");
  CHECK(refused(taken, snooze_for(5min, "per"), ErrorCategory::conflict) ==
        "snooze is not possible: a taken alarm is snoozed by its owner");

  const Alarm fall = done(*apply_event(nullptr, press(morning), at(morning)).alarm, Action::acknowledge, morning + 1min);
  CHECK(refused(fall, snooze_for(5min), ErrorCategory::conflict) == "snooze is not possible for a safety alarm");
}

TEST_CASE("actions: until a hand-over is accepted the old side owns and answers, then the new", "[gateway][alarms]") {
  Alarm taken = done(red(), Action::take, morning + 1min);
  taken.responsible = "972418013";
  const Alarm offered = applied(taken, offer_to("958935420", "legevakt"));
  CHECK(offered.owner->id == "kari");
  CHECK(offered.responsible == "972418013");
  CHECK(offered.events.back() == [&] {
    LogEntry line{morning + 10min, Person{"centre", "kari", "Kari Vakt"}, "hand-over", "Til 958935420, legevakt: roer seg"};
    line.organization = "958935420";
    return line;
  }());
  CHECK(refused(offered, answer(true, "kari"), ErrorCategory::conflict) == "hand-over is not accepted by whoever offered it");
  CHECK(refused(offered, answer(true, "per"), ErrorCategory::conflict, "other", "111111111") ==
        "hand-over is offered to another organisation");

  // A client that stands for the whole tenant, home or another: not for whom it offered it to.
  CHECK(refused(offered, answer(true, "per"), ErrorCategory::conflict) ==
        "hand-over is accepted by the other organisation, which is not whoever offered it");
  CHECK(apply_action(offered, answer(true, "per"), "centre", false, morning + 10min, "", "958935420").has_value());
  CHECK(apply_action(offered, answer(true, "per"), "elsewhere", false, morning + 10min).has_value());

  const Alarm accepted = applied(offered, answer(true, "per"), "other", "958935420");
  CHECK(accepted.owner == Person{"other", "per", "Per"});
  CHECK(accepted.responsible == "958935420");
  CHECK(accepted.handed_over);
  CHECK(accepted.former == "972418013");
  CHECK_FALSE(accepted.offer);
  CHECK(accepted.events.back().action == "hand-over-accepted");

  const Alarm declined = applied(offered, answer(false, "per"), "other", "958935420");
  CHECK(declined.owner->id == "kari");
  CHECK(declined.responsible == "972418013");
  CHECK(declined.former == "958935420");
  CHECK(declined.events.back().action == "hand-over-declined");
  CHECK(refused(declined, answer(true, "per"), ErrorCategory::conflict) ==
        "hand-over is not possible: none is offered that could be answered");
}

TEST_CASE("actions: a hand-over ends a snooze, and to a person it leaves the organisation", "[gateway][alarms]") {
  const Alarm snoozed = applied(done(red(), Action::acknowledge, morning + 1min), snooze_for(30min));
  const Alarm offered = applied(snoozed, offer_to({}, "Per"));
  CHECK(offered.machine.state == State::acknowledged);
  CHECK_FALSE(offered.machine.snoozed_until);
  const Alarm accepted = applied(offered, answer(true, "per"));
  CHECK(accepted.machine.state == State::in_progress);
  CHECK(accepted.owner->id == "per");
  CHECK(accepted.responsible.empty());
  CHECK_FALSE(accepted.handed_over);
}

TEST_CASE("actions: the stored log keeps the national hub's codes, and the shown one its form", "[gateway][alarms]") {
  Alarm alarm = done(red(), Action::take, morning + 1min);
  ActionRequest resolve = by_kari(Action::resolve, "Fulgt opp");
  resolve.cause = Coding{"urn:example:cause", "12", "Feil på utstyr"};
  resolve.measure = Coding{"", "", "Telefon"};
  alarm = applied(alarm, resolve);
  auto stored = fhir::JsonDocument::parse(stored_json(alarm));
  REQUIRE(stored.has_value());
  fhir::JsonValue lines = stored->root()["events"];
  CHECK(lines.at(0)["event"].scalar() == "1");
  CHECK(lines.at(1)["event"].scalar() == "3");
  CHECK(lines.at(1)["cause"].json() == R"({"system":"urn:example:cause","code":"12","display":"Feil på utstyr"})");
  CHECK(lines.at(1)["measure"]["display"].scalar() == "Telefon");
  auto shown = fhir::JsonDocument::parse(shown_json(alarm));
  REQUIRE(shown.has_value());
  for (fhir::JsonValue line : shown->root()["events"]) CHECK(line.size() == 4);
  CHECK(*alarm_from_json(stored->root()) == alarm);
}
