#include "thresholds/alarm_state.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

using namespace thresholds;
using namespace std::chrono_literals;

namespace {

constexpr Time morning = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 8h;
constexpr AlarmPolicy policy{};

constexpr std::array all_states{State::raised,   State::acknowledged, State::in_progress, State::dispatched,
                                State::accepted, State::snoozed,      State::resolved};
constexpr std::array all_actions{Action::acknowledge,     Action::take,   Action::note,      Action::dispatch,
                                 Action::accept_dispatch, Action::snooze, Action::hand_over, Action::resolve,
                                 Action::reopen};

// Saturation: warning below 92, alert below 88.
Judged saturation(int percent, Time measured) {
  Judged judged;
  judged.direction = Direction::low;
  judged.value = Number{percent, 0};
  judged.measured = measured;
  judged.breach = percent < 92;
  if (percent < 88) {
    judged.bound = Bound::alert_low;
    judged.severity = Severity::severe;
  } else if (percent < 92) {
    judged.bound = Bound::warning_low;
    judged.severity = Severity::moderate;
  }
  return judged;
}

Judged superseded(Judged judged) {
  judged.superseded = true;
  return judged;
}

// Measured in the hour that autumn has twice.
Judged doubled(Judged judged) {
  judged.may_be_later = 1h;
  return judged;
}

Judged past_horizon(Judged judged) {
  judged.past_horizon = true;
  return judged;
}

Judged press(Time measured) {
  Judged judged;
  judged.breach = true;
  judged.safety_press = true;
  judged.severity = Severity::critical;
  judged.measured = measured;
  return judged;
}

AlarmState after(AlarmState state, Action action, Time now) {
  auto result = act(state, action, now);
  REQUIRE(std::holds_alternative<Step>(result));
  return std::get<Step>(result).next;
}

// A yellow alarm of 90 % measured at 08:00, in `state`; acknowledged, where it was, at 08:05.
AlarmState yellow_in(State state) {
  AlarmState alarm = raise(saturation(90, morning)).next;
  if (state == State::raised) return alarm;
  alarm = after(alarm, Action::acknowledge, morning + 5min);
  if (state != State::acknowledged) alarm.state = state;
  return alarm;
}

}  // namespace

TEST_CASE("alarm: raising announces unless the reading is past the horizon", "[thresholds][alarm]") {
  Step step = raise(saturation(86, morning));
  CHECK(step.change == Change::raised);
  CHECK(step.announce);
  CHECK(step.reason == "new-breach");
  CHECK(step.next.state == State::raised);
  CHECK(step.next.severity == Severity::severe);
  CHECK(step.next.bound == Bound::alert_low);
  CHECK(step.next.worst == Number{86, 0});
  CHECK(step.next.latest_measured == morning);
  CHECK_FALSE(step.next.back_to_normal);

  Step silent = raise(past_horizon(saturation(86, morning)));
  CHECK(silent.change == Change::raised);
  CHECK_FALSE(silent.announce);
  CHECK(silent.reason == "past-horizon");
  CHECK(silent.next.severity == Severity::severe);

  CHECK(raise(superseded(saturation(86, morning))).announce);
  CHECK(raise(past_horizon(press(morning))).announce);
}

TEST_CASE("alarm: a reading of the doubled hour opens, and neither clears nor dates", "[thresholds][alarm]") {
  const Step opened = raise(doubled(saturation(86, morning)));
  CHECK(opened.announce);
  CHECK(opened.next.latest_measured == morning + 1h);  // only what is certainly after it is after it
  CHECK_FALSE(opened.next.bound);                      // it masks no later worsening

  const AlarmState alarm = raise(saturation(86, morning)).next;
  SECTION("a normal one clears nothing") {
    const Step step = judge_open(alarm, doubled(saturation(97, morning + 5min)), policy, morning + 6min);
    CHECK(step.change == Change::none);
    CHECK(step.reason == "time-uncertain");
    CHECK(step.next == alarm);
  }
  SECTION("not even as a correction") {
    Judged correction = doubled(saturation(97, morning));
    correction.corrects = true;
    CHECK(judge_open(alarm, correction, policy, morning + 6min).change == Change::none);
  }
  SECTION("a breach is an occurrence, and what may be before it is no return to normal") {
    const Step step = judge_open(alarm, doubled(saturation(85, morning + 5min)), policy, morning + 6min);
    CHECK(step.change == Change::repeated);
    CHECK(step.next.worst == Number{86, 0});
    const Step inside = judge_open(step.next, saturation(97, morning + 30min), policy, morning + 2h);
    CHECK(inside.reason == "superseded");
    const Step after_it = judge_open(step.next, saturation(97, morning + 66min), policy, morning + 2h);
    CHECK(after_it.change == Change::normal);
  }
  SECTION("after a return to normal it calls again when it may be after it") {
    AlarmState normal = judge_open(alarm, saturation(97, morning + 30min), policy, morning + 31min).next;
    normal = after(normal, Action::acknowledge, morning + 32min);
    const Step step = judge_open(normal, doubled(saturation(86, morning + 10min)), policy, morning + 33min);
    CHECK(step.announce);
    CHECK(step.reason == "after-normal");
    CHECK_FALSE(step.next.back_to_normal);
  }
  SECTION("one that is old at its latest is old") {
    AlarmState later = judge_open(alarm, saturation(86, morning + 3h), policy, morning + 3h).next;
    CHECK(judge_open(later, doubled(saturation(97, morning + 1h)), policy, morning + 3h).reason == "superseded");
    CHECK(judge_open(later, doubled(saturation(85, morning + 1h)), policy, morning + 3h).next.latest_measured == morning + 3h);
  }
}

TEST_CASE("alarm: which new reading calls a person again", "[thresholds][alarm]") {
  struct Row {
    std::string name;
    State state;
    Judged judged;
    Time now;
    Change change;
    bool announce;
    std::string reason;
    State next;
  };
  const Time later = morning + 10min;  // five minutes after the acknowledgement
  const Time at_interval = morning + 20min;
  const std::vector<Row> rows{
      {"unacknowledged, same", State::raised, saturation(90, later), later, Change::repeated, false, "unacknowledged",
       State::raised},
      {"unacknowledged, further bound", State::raised, saturation(80, later), later, Change::repeated, false,
       "unacknowledged", State::raised},
      {"acknowledged, same value", State::acknowledged, saturation(90, later), later, Change::repeated, false,
       "not-worse", State::acknowledged},
      {"acknowledged, better but still breaching", State::acknowledged, saturation(91, later), later, Change::repeated,
       false, "not-worse", State::acknowledged},
      {"acknowledged, worse within the bound", State::acknowledged, saturation(89, later), later, Change::repeated,
       true, "worse", State::raised},
      {"acknowledged, further bound", State::acknowledged, saturation(87, later), later, Change::repeated, true,
       "further-bound", State::raised},
      {"acknowledged, at the interval", State::acknowledged, saturation(90, later), at_interval, Change::repeated,
       false, "not-worse", State::acknowledged},
      {"acknowledged, past the interval", State::acknowledged, saturation(90, later), at_interval + 1us,
       Change::repeated, true, "reannounce-interval", State::raised},
      {"snoozed, same value", State::snoozed, saturation(90, later), later, Change::repeated, false, "not-worse",
       State::snoozed},
      {"snoozed, worse", State::snoozed, saturation(89, later), later, Change::repeated, true, "worse", State::raised},
      {"snoozed, further bound", State::snoozed, saturation(87, later), later, Change::repeated, true, "further-bound",
       State::raised},
      {"snoozed, past the interval", State::snoozed, saturation(90, later), at_interval + 1us, Change::repeated, true,
       "reannounce-interval", State::raised},
      {"taken, further bound", State::in_progress, saturation(80, later), at_interval + 1h, Change::repeated, false,
       "in-hand", State::in_progress},
      {"dispatched, further bound", State::dispatched, saturation(80, later), later, Change::repeated, false, "in-hand",
       State::dispatched},
      {"accepted, further bound", State::accepted, saturation(80, later), later, Change::repeated, false, "in-hand",
       State::accepted},
      {"resolved takes nothing", State::resolved, saturation(80, later), later, Change::none, false, "resolved",
       State::resolved},
      {"past the horizon, further bound", State::acknowledged, past_horizon(saturation(80, later)), later,
       Change::repeated, false, "past-horizon", State::acknowledged},
      {"superseded, same value", State::acknowledged, superseded(saturation(90, morning - 1h)), later, Change::repeated,
       false, "not-worse", State::acknowledged},
      {"superseded, further bound", State::acknowledged, superseded(saturation(80, morning - 1h)), later,
       Change::repeated, true, "further-bound", State::raised},
      {"within limits is noted", State::raised, saturation(94, later), later, Change::normal, false, "within-limits",
       State::raised},
      {"within limits does not close", State::in_progress, saturation(94, later), later, Change::normal, false,
       "within-limits", State::in_progress},
      {"superseded within limits is nothing", State::raised, superseded(saturation(94, later)), later, Change::none,
       false, "superseded", State::raised},
      {"measured before the breach is nothing", State::raised, saturation(94, morning - 1us), later, Change::none,
       false, "superseded", State::raised},
      {"within limits at the breach's instant is nothing", State::raised, saturation(94, morning), later, Change::none,
       false, "same-instant", State::raised},
      {"press on a raised alarm", State::raised, press(later), later, Change::repeated, true, "safety-press",
       State::raised},
      {"press on an acknowledged alarm", State::acknowledged, press(later), later, Change::repeated, true,
       "safety-press", State::raised},
      {"press on a snoozed alarm", State::snoozed, press(later), later, Change::repeated, true, "safety-press",
       State::raised},
      {"press while taken", State::in_progress, press(later), later, Change::repeated, true, "safety-press",
       State::in_progress},
      {"press while dispatched", State::dispatched, press(later), later, Change::repeated, true, "safety-press",
       State::dispatched},
      {"old press", State::acknowledged, past_horizon(press(morning - 48h)), later, Change::repeated, true,
       "safety-press", State::raised},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      AlarmState before = yellow_in(row.state);
      Step step = judge_open(before, row.judged, policy, row.now);
      CHECK(step.change == row.change);
      CHECK(step.announce == row.announce);
      CHECK(step.reason == row.reason);
      CHECK(step.next.state == row.next);
      // Whoever is called again can acknowledge again.
      CHECK(step.next.acknowledged_at.has_value() == (row.next != State::raised));
      if (row.change == Change::none) CHECK(step.next == before);
    }
  }
}

TEST_CASE("alarm: a breach after a return to normal calls again", "[thresholds][alarm]") {
  AlarmState alarm = yellow_in(State::acknowledged);
  alarm = judge_open(alarm, saturation(94, morning + 6min), policy, morning + 6min).next;
  REQUIRE(alarm.back_to_normal);
  REQUIRE(alarm.state == State::acknowledged);

  SECTION("a second normal reading is no change") {
    CHECK(judge_open(alarm, saturation(95, morning + 7min), policy, morning + 7min).reason == "still-normal");
  }
  SECTION("measured later: calls") {
    Step step = judge_open(alarm, saturation(91, morning + 7min), policy, morning + 7min);
    CHECK(step.announce);
    CHECK(step.reason == "after-normal");
    CHECK_FALSE(step.next.back_to_normal);
  }
  SECTION("measured at the same instant: did not follow it, but stands") {
    Step step = judge_open(alarm, saturation(91, morning + 6min), policy, morning + 7min);
    CHECK_FALSE(step.announce);
    CHECK_FALSE(step.next.back_to_normal);
  }
  SECTION("between two normal readings: the newest is normal, so nothing followed it") {
    alarm = judge_open(alarm, saturation(95, morning + 9min), policy, morning + 9min).next;
    CHECK_FALSE(judge_open(alarm, superseded(saturation(91, morning + 8min)), policy, morning + 9min).announce);
  }
  SECTION("measured before it: neither follows nor undoes it") {
    Step step = judge_open(alarm, superseded(saturation(91, morning + 5min)), policy, morning + 7min);
    CHECK_FALSE(step.announce);
    CHECK(step.next.back_to_normal);
    CHECK(step.next.latest_measured == morning + 6min);
  }
}

TEST_CASE("alarm: raised in silence, the first announceable reading calls in every state", "[thresholds][alarm]") {
  for (State state :
       {State::raised, State::acknowledged, State::in_progress, State::dispatched, State::accepted, State::snoozed}) {
    DYNAMIC_SECTION(name(state)) {
      AlarmState alarm = raise(past_horizon(saturation(80, morning - 30h))).next;
      alarm.state = state;
      Step old = judge_open(alarm, past_horizon(saturation(79, morning - 29h)), policy, morning);
      CHECK_FALSE(old.announce);
      CHECK_FALSE(old.next.announced);
      // Better than what came in silence, and still the first anybody hears.
      Step fresh = judge_open(old.next, saturation(91, morning), policy, morning);
      CHECK(fresh.announce);
      CHECK(fresh.reason == "first-announceable");
      CHECK(fresh.next.announced);
      // A late one, superseded but not past the horizon, does it as well.
      CHECK(judge_open(old.next, superseded(saturation(91, morning - 2h)), policy, morning).reason ==
            "first-announceable");
    }
  }
}

TEST_CASE("alarm: an old reading raises the shown severity but does not mask a new worsening", "[thresholds][alarm]") {
  struct Row {
    std::string name;
    Judged old_reading;
  };
  const std::vector<Row> rows{
      {"superseded", superseded(saturation(80, morning - 2h))},
      {"past the horizon", past_horizon(superseded(saturation(80, morning - 30h)))},
      {"past the horizon and not superseded", past_horizon(saturation(80, morning + 1min))},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      AlarmState alarm = judge_open(yellow_in(State::raised), row.old_reading, policy, morning + 2min).next;
      CHECK(alarm.severity == Severity::severe);
      alarm = after(alarm, Action::acknowledge, morning + 3min);
      CHECK(judge_open(alarm, saturation(87, morning + 4min), policy, morning + 4min).reason == "further-bound");
      CHECK(judge_open(alarm, saturation(89, morning + 4min), policy, morning + 4min).reason == "worse");
    }
  }
}

TEST_CASE("alarm: a corrected reading no longer counts", "[thresholds][alarm]") {
  auto correcting = [](Judged judged) {
    judged.corrects = true;
    return judged;
  };
  AlarmState alarm = raise(saturation(70, morning)).next;
  alarm = after(alarm, Action::acknowledge, morning + 1min);

  SECTION("to within limits: back to normal at its own instant") {
    Step step = judge_open(alarm, correcting(saturation(96, morning)), policy, morning + 2min);
    CHECK(step.change == Change::normal);
    CHECK(step.next.back_to_normal);
  }
  SECTION("to a lesser breach: not called for, but a later worsening is measured against it") {
    Step step = judge_open(alarm, correcting(saturation(87, morning)), policy, morning + 2min);
    CHECK_FALSE(step.announce);
    CHECK(judge_open(step.next, saturation(86, morning + 3min), policy, morning + 3min).reason == "worse");
    CHECK_FALSE(judge_open(alarm, saturation(86, morning + 3min), policy, morning + 3min).announce);
  }
  SECTION("an older one, to within limits: does not clear what was measured since") {
    alarm = judge_open(alarm, saturation(87, morning + 2min), policy, morning + 2min).next;
    Step step = judge_open(alarm, correcting(superseded(saturation(96, morning))), policy, morning + 3min);
    CHECK(step.change == Change::none);
    CHECK_FALSE(step.next.back_to_normal);
    CHECK(judge_open(step.next, saturation(86, morning + 4min), policy, morning + 4min).announce);
  }
}

TEST_CASE("alarm: worse follows the direction", "[thresholds][alarm]") {
  Judged high = saturation(90, morning);
  high.direction = Direction::high;
  high.bound = Bound::warning_high;
  high.value = Number{121, 0};
  AlarmState alarm = after(raise(high).next, Action::acknowledge, morning);
  high.value = Number{1209, 1};
  CHECK_FALSE(judge_open(alarm, high, policy, morning).announce);
  high.value = Number{1211, 1};
  CHECK(judge_open(alarm, high, policy, morning).reason == "worse");
}

TEST_CASE("alarm: what a rule without value calls worse is its severity", "[thresholds][alarm]") {
  Judged missing;
  missing.breach = true;
  missing.severity = Severity::moderate;
  missing.measured = morning;
  AlarmState alarm = after(raise(missing).next, Action::acknowledge, morning);
  CHECK(judge_open(alarm, missing, policy, morning).reason == "not-worse");
  missing.severity = Severity::severe;
  CHECK(judge_open(alarm, missing, policy, morning).reason == "worse");
}

TEST_CASE("alarm: which action each state allows", "[thresholds][alarm]") {
  // Rows of states, columns of actions in their order: the state it leads to, "-" for refused.
  struct Row {
    State from;
    std::array<std::string, 9> to;
  };
  const std::string no = "-";
  const std::vector<Row> rows{
      // acknowledge, take, note, dispatch, accept-dispatch, snooze, hand-over, resolve, reopen
      {State::raised, {"acknowledged", "in-progress", "raised", no, no, no, "raised", "resolved", no}},
      {State::acknowledged, {no, "in-progress", "acknowledged", no, no, "snoozed", "acknowledged", "resolved", no}},
      {State::in_progress, {no, no, "in-progress", "dispatched", no, "snoozed", "in-progress", "resolved", no}},
      {State::dispatched, {no, no, "dispatched", no, "accepted", no, "dispatched", "resolved", no}},
      {State::accepted, {no, no, "accepted", no, no, no, "accepted", "resolved", no}},
      {State::snoozed, {no, "in-progress", "snoozed", no, no, no, "acknowledged", "resolved", no}},
      {State::resolved, {no, no, "resolved", no, no, no, no, no, "raised"}},
  };
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < all_actions.size(); ++i) {
      DYNAMIC_SECTION(name(row.from) << " " << name(all_actions[i])) {
        Terms terms;
        terms.until = morning + 2h;
        auto result = act(yellow_in(row.from), all_actions[i], morning + 1h, terms);
        REQUIRE(std::holds_alternative<Step>(result) == (row.to[i] != no));
        if (row.to[i] == no) {
          const std::string& text = std::get<Refused>(result).reason;
          CHECK(text.find(name(all_actions[i])) == 0);
          CHECK(text.find(name(row.from)) != std::string::npos);
        } else {
          const Step& step = std::get<Step>(result);
          CHECK(name(step.next.state) == row.to[i]);
          CHECK(step.change == Change::action);
          CHECK_FALSE(step.announce);
          CHECK(step.reason == name(all_actions[i]));
        }
      }
    }
  }
}

TEST_CASE("alarm: acknowledging stops only the first clock, taking keeps when that was", "[thresholds][alarm]") {
  AlarmState raised = yellow_in(State::raised);
  CHECK_FALSE(raised.acknowledged_at);
  AlarmState acknowledged = after(raised, Action::acknowledge, morning + 2min);
  CHECK(acknowledged.acknowledged_at == morning + 2min);
  CHECK(after(acknowledged, Action::take, morning + 3min).acknowledged_at == morning + 2min);
  CHECK(after(raised, Action::take, morning + 3min).acknowledged_at == morning + 3min);
}

TEST_CASE("alarm: reopened starts the first clock again and remembers how bad it was", "[thresholds][alarm]") {
  AlarmState resolved = after(yellow_in(State::in_progress), Action::resolve, morning + 10min);
  AlarmState reopened = after(resolved, Action::reopen, morning + 20min);
  CHECK_FALSE(reopened.acknowledged_at);
  CHECK(reopened.severity == Severity::moderate);
  CHECK(reopened.worst == Number{90, 0});
}

TEST_CASE("alarm: escalation calls in every open state and returns only silenced ones to raised",
          "[thresholds][alarm]") {
  for (State state : all_states) {
    DYNAMIC_SECTION(name(state)) {
      Step step = escalate(yellow_in(state));
      bool open = state != State::resolved;
      CHECK(step.change == (open ? Change::escalated : Change::none));
      CHECK(step.announce == open);
      bool silenced = state == State::acknowledged || state == State::snoozed;
      CHECK(step.next.state == (silenced ? State::raised : state));
      if (silenced) CHECK_FALSE(step.next.acknowledged_at);
    }
  }
}

TEST_CASE("alarm: a gone cause ends it without a call", "[thresholds][alarm]") {
  for (State state : all_states) {
    DYNAMIC_SECTION(name(state)) {
      Step step = restore(yellow_in(state));
      CHECK(step.change == (state == State::resolved ? Change::none : Change::restored));
      CHECK(step.next.state == State::resolved);
      CHECK_FALSE(step.announce);
    }
  }
}

TEST_CASE("alarm: every name is read back, others are not", "[thresholds][alarm]") {
  for (State state : all_states) CHECK(state_named(name(state)) == state);
  for (Action action : all_actions) CHECK(action_named(name(action)) == action);
  for (Severity severity : {Severity::normal, Severity::moderate, Severity::severe, Severity::critical}) {
    CHECK(severity_named(name(severity)) == severity);
  }
  CHECK(name(State::in_progress) == "in-progress");
  CHECK(name(Action::accept_dispatch) == "accept-dispatch");
  CHECK(name(Action::hand_over) == "hand-over");
  CHECK(name(Change::restored) == "restored");
  CHECK_FALSE(state_named("open"));
  CHECK_FALSE(action_named("Take"));
  CHECK_FALSE(severity_named("high"));
  CHECK(name(colour_of(Severity::normal)) == "green");
  CHECK(name(colour_of(Severity::moderate)) == "yellow");
  CHECK(name(colour_of(Severity::severe)) == "red");
  CHECK(name(colour_of(Severity::critical)) == "red");
}

// ---- Properties, seeded; the seed is printed on failure.

namespace {

using Random = std::mt19937_64;

int pick(Random& random, int count) {
  return static_cast<int>(random() % static_cast<unsigned>(count));
}

Judged any_reading(Random& random, Time measured) {
  Judged judged = saturation(78 + pick(random, 20), measured);
  judged.superseded = pick(random, 4) == 0;
  judged.past_horizon = pick(random, 5) == 0;
  return judged;
}

// An alarm after a random life of readings and actions.
AlarmState any_alarm(Random& random, Time& now) {
  Judged first = any_reading(random, now);
  if (!first.breach) first = saturation(85, now);
  AlarmState alarm = raise(first).next;
  for (int steps = pick(random, 12); steps > 0; --steps) {
    now += std::chrono::minutes(pick(random, 12));
    if (pick(random, 3) == 0) {
      Terms terms;
      terms.until = now + 30min;
      if (pick(random, 2) == 0) terms.accept = pick(random, 2) == 0;
      auto result = act(alarm, all_actions[static_cast<std::size_t>(pick(random, 9))], now, terms);
      if (const Step* step = std::get_if<Step>(&result)) alarm = step->next;
    } else {
      alarm = judge_open(alarm, any_reading(random, now), policy, now).next;
    }
    if (pick(random, 20) == 0 && alarm.state == State::acknowledged) alarm.state = State::snoozed;
  }
  return alarm;
}

}  // namespace

TEST_CASE("alarm property: judging the same reading twice changes nothing more", "[thresholds][alarm][property]") {
  for (unsigned seed = 1; seed <= 5000; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    Time now = morning;
    AlarmState alarm = any_alarm(random, now);
    Judged judged = any_reading(random, now - std::chrono::minutes(pick(random, 30)));
    Step first = judge_open(alarm, judged, policy, now);
    Step second = judge_open(first.next, judged, policy, now);
    REQUIRE(second.next == first.next);
    if (second.announce) REQUIRE(second.reason == "safety-press");
  }
}

TEST_CASE("alarm property: an old reading never clears, masks, re-dates or lowers", "[thresholds][alarm][property]") {
  for (unsigned seed = 1; seed <= 5000; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    Time now = morning;
    AlarmState alarm = any_alarm(random, now);
    Judged old = any_reading(random, alarm.latest_measured - std::chrono::minutes(1 + pick(random, 600)));
    old.superseded = pick(random, 2) == 0;  // the machine sees by itself that it is older
    Step step = judge_open(alarm, old, policy, now);
    REQUIRE(step.next.back_to_normal == alarm.back_to_normal);
    REQUIRE(step.next.latest_measured == alarm.latest_measured);
    REQUIRE(step.next.severity >= alarm.severity);
    REQUIRE(step.change != Change::normal);

    // What would have called a person without the old reading still does, or somebody is being called already.
    Judged fresh = saturation(78 + pick(random, 14), now + 1min);
    Step without = judge_open(alarm, fresh, policy, now + 1min);
    Step with = judge_open(step.next, fresh, policy, now + 1min);
    if (without.announce) REQUIRE((with.announce || step.announce));
  }
}

TEST_CASE("alarm property: readings of one instant give the same end in every order", "[thresholds][alarm][property]") {
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    Time now = morning;
    AlarmState alarm = any_alarm(random, now);
    Time instant = now + std::chrono::minutes(pick(random, 3));
    std::vector<Judged> readings(static_cast<std::size_t>(2 + pick(random, 3)));
    for (Judged& judged : readings) judged = saturation(78 + pick(random, 20), instant);
    auto end = [&] {
      AlarmState state = alarm;
      for (const Judged& judged : readings) state = judge_open(state, judged, policy, now + 3min).next;
      return state;
    };
    AlarmState expected = end();
    for (int tries = 0; tries < 4; ++tries) {
      std::shuffle(readings.begin(), readings.end(), random);
      REQUIRE(end() == expected);
    }
  }
}

TEST_CASE("alarm property: only a person or a gone cause resolves, only a person reopens",
          "[thresholds][alarm][property]") {
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    Time now = morning;
    AlarmState alarm = any_alarm(random, now);
    for (int steps = 0; steps < 10; ++steps) {
      Judged judged = pick(random, 6) == 0 ? press(now) : any_reading(random, now);
      AlarmState judged_next = judge_open(alarm, judged, policy, now).next;
      REQUIRE((judged_next.state == State::resolved) == (alarm.state == State::resolved));
      REQUIRE((escalate(alarm).next.state == State::resolved) == (alarm.state == State::resolved));
      for (Action action : all_actions) {
        auto result = act(alarm, action, now);
        if (const Step* step = std::get_if<Step>(&result)) {
          if (step->next.state == State::resolved && alarm.state != State::resolved) REQUIRE(action == Action::resolve);
          if (step->next.state != State::resolved && alarm.state == State::resolved) REQUIRE(action == Action::reopen);
        }
      }
      alarm = judged_next;
      now += 1min;
    }
  }
}
