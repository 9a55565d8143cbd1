// Snooze and hand-over: acts with an end or an answer still to come.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "thresholds/alarm_state.hpp"

using namespace thresholds;
using namespace std::chrono_literals;

namespace {

constexpr Time morning = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 8h;
constexpr AlarmPolicy policy{};

// Saturation: warning below 92, alert below 88.
Judged saturation(int percent, Time measured) {
  Judged judged;
  judged.direction = Direction::low;
  judged.value = Number{percent, 0};
  judged.measured = measured;
  judged.breach = percent < 92;
  judged.bound = percent < 88 ? Bound::alert_low : Bound::warning_low;
  judged.severity = percent < 88 ? Severity::severe : Severity::moderate;
  return judged;
}

// A yellow alarm of 90 % measured at 08:00, in `state`; acknowledged, where it was, at 08:02.
AlarmState yellow_in(State state) {
  AlarmState alarm = raise(saturation(90, morning)).next;
  if (state == State::raised) return alarm;
  alarm = std::get<Step>(act(alarm, Action::acknowledge, morning + 2min)).next;
  alarm.state = state;
  return alarm;
}

}  // namespace

TEST_CASE("alarm: a snooze ends where it came from, and by whatever calls a person", "[thresholds][alarm]") {
  struct Row {
    std::string name;
    State from;
    Judged judged;
    State expected;
  };
  const Time later = morning + 5min;
  const std::vector<Row> rows{
      {"acknowledged, by its end", State::acknowledged, saturation(90, later), State::acknowledged},
      {"taken, by its end", State::in_progress, saturation(90, later), State::in_progress},
      {"acknowledged, worse", State::acknowledged, saturation(80, later), State::raised},
      {"taken, worse", State::in_progress, saturation(80, later), State::raised},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Terms terms;
      terms.until = morning + 10min;
      AlarmState alarm = std::get<Step>(act(yellow_in(row.from), Action::snooze, morning + 3min, terms)).next;
      CHECK(alarm.state == State::snoozed);
      CHECK(alarm.snoozed_until == morning + 10min);
      alarm = judge_open(alarm, row.judged, policy, later).next;
      const Step woken = wake(alarm);
      CHECK(woken.next.state == row.expected);
      CHECK_FALSE(woken.announce);
      CHECK((woken.change == Change::action) == (row.expected != State::raised));
      CHECK_FALSE(woken.next.snoozed_until);
    }
  }
  CHECK(wake(yellow_in(State::resolved)).change == Change::none);
}

TEST_CASE("alarm: a snooze needs an end to come", "[thresholds][alarm]") {
  for (std::optional<Time> until : {std::optional<Time>(), std::optional(morning), std::optional(morning - 1min)}) {
    Terms terms;
    terms.until = until;
    CHECK(std::holds_alternative<Refused>(act(yellow_in(State::acknowledged), Action::snooze, morning, terms)));
  }
}

TEST_CASE("alarm: how long a snooze may be follows the colour, red before missing", "[thresholds][alarm]") {
  CHECK(longest_snooze(Severity::critical, false) == 60min);
  CHECK(longest_snooze(Severity::severe, true) == 60min);
  CHECK(longest_snooze(Severity::moderate, false) == 8h);
  CHECK(longest_snooze(Severity::moderate, true) == 24h);
  CHECK(longest_snooze(Severity::normal, false) == 24h);
}

TEST_CASE("alarm: responsibility moves when the other side accepts, and a worsening before calls both", "[thresholds][alarm]") {
  Terms accept, decline;
  accept.accept = true;
  decline.accept = false;
  const AlarmState taken = yellow_in(State::in_progress);
  CHECK(std::holds_alternative<Refused>(act(taken, Action::hand_over, morning, accept)));
  const AlarmState offered = std::get<Step>(act(taken, Action::hand_over, morning + 3min)).next;
  CHECK(offered.handing_over);
  CHECK(std::holds_alternative<Refused>(act(offered, Action::hand_over, morning + 3min)));  // one at a time
  Terms until;
  until.until = morning + 1h;
  CHECK(std::holds_alternative<Refused>(act(offered, Action::snooze, morning + 3min, until)));

  // In hand nobody is called; on its way between two, they are, and it stays whose it was.
  const Judged worse = saturation(80, morning + 5min);
  CHECK_FALSE(judge_open(taken, worse, policy, morning + 5min).announce);
  const Step called = judge_open(offered, worse, policy, morning + 5min);
  CHECK(called.announce);
  CHECK(called.next.state == State::in_progress);
  CHECK_FALSE(judge_open(offered, saturation(90, morning + 30min), policy, morning + 30min).announce);  // no worsening

  for (State from : {State::raised, State::acknowledged}) {
    const AlarmState open = std::get<Step>(act(yellow_in(from), Action::hand_over, morning + 3min)).next;
    const Step accepted = std::get<Step>(act(open, Action::hand_over, morning + 4min, accept));
    CHECK(accepted.reason == "hand-over-accepted");
    CHECK(accepted.next.state == State::in_progress);
    CHECK(accepted.next.acknowledged_at);
    CHECK_FALSE(accepted.next.handing_over);
    CHECK(std::get<Step>(act(open, Action::hand_over, morning + 4min, decline)).next.state == from);
  }
  CHECK_FALSE(std::get<Step>(act(offered, Action::resolve, morning + 4min)).next.handing_over);
}
