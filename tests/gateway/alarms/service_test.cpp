// What time alone does to an alarm: clocks, steps, opening and closing, a snooze's end; and whom an alarm concerns.
#include "gateway/alarms/service.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/gateway/alarms/examples.hpp"

using namespace gateway;
using namespace gateway::alarms;
using namespace gateway::alarms::examples;
using thresholds::Action;
using thresholds::Change;
using thresholds::Clock;
using thresholds::Severity;
using thresholds::State;

namespace {

// UTC is as good a wall clock as any here.
class Utc final : public thresholds::Zone {
 public:
  std::chrono::minutes offset_at(Time) const override { return 0min; }
  Time first(thresholds::WallTime wall) const override { return Time(wall.time_since_epoch()); }
};

// Red: 5 min to acknowledge, 10 to take, an hour to resolve. First another centre, then a webhook 20 min later.
Service service() {
  Service made;
  made.organization = "972418013";
  made.clocks.severe = {5min, 10min, 1h};
  made.levels = {{Severity::moderate, {"second"}, false, {}}, {Severity::severe, {}, true, 20min}};
  return made;
}

// Weekdays from 8 to 15; `morning` is a Friday at 7.
thresholds::ServiceCalendar office() {
  thresholds::ServiceHours hours;
  for (std::size_t day = 1; day <= 5; ++day) hours.week[day] = {{8h, 15h}};
  return {hours, std::make_shared<const Utc>()};
}

Alarm kept(Alarm alarm, const Service& by, Time now) {
  keep_time(alarm, by, now);
  return alarm;
}

Alarm acted(const Alarm& alarm, Action action, const Service& by, Time now) {
  return kept(*apply_action(alarm, by_kari(action), "centre", false, now)->alarm, by, now);
}

// What is due at its time, kept as the writer would.
Alarm advanced(const Alarm& alarm, const Service& by, Time now, int call_level = 0) {
  auto next = advance(alarm, by, now);
  REQUIRE(next);
  CHECK(next->call_level == call_level);
  return kept(*next->change.alarm, by, now);
}

const Time raised_at = morning + 2s;

}  // namespace

TEST_CASE("service: the deadline is that of the clock that runs, and none without configuration", "[gateway][alarms][service]") {
  const Service by = service();
  Alarm alarm = kept(red(), by, raised_at);
  CHECK(alarm.deadline == raised_at + 5min);
  alarm = acted(alarm, Action::acknowledge, by, morning + 3min);
  CHECK(alarm.deadline == morning + 13min);
  alarm = acted(alarm, Action::take, by, morning + 4min);
  CHECK(alarm.deadline == morning + 64min);
  alarm = acted(alarm, Action::note, by, morning + 5min);  // no act of the three: the clock goes on
  CHECK(alarm.deadline == morning + 64min);
  alarm = acted(alarm, Action::resolve, by, morning + 9min);
  CHECK_FALSE(alarm.deadline);
  CHECK_FALSE(alarm.due);
  CHECK_FALSE(kept(red(), Service{}, raised_at).deadline);
  CHECK_FALSE(kept(red(), Service{}, raised_at).due);
}

TEST_CASE("service: a missed clock goes up level by level, once each", "[gateway][alarms][service]") {
  const Service by = service();
  Alarm alarm = kept(red(), by, raised_at);
  CHECK_FALSE(advance(alarm, by, raised_at + 5min - 1us));
  alarm = advanced(alarm, by, raised_at + 5min);
  CHECK(alarm.announce);
  CHECK(alarm.machine.state == State::raised);
  CHECK(alarm.events.back().action == "escalated");
  CHECK(alarm.events.back().level == 1);
  CHECK(alarm.events.back().note == "Nivå 1: ikke kvittert innen fristen");
  CHECK(alarm.called_in == std::vector<std::string>{"second"});
  CHECK(alarm.due == raised_at + 25min);
  CHECK_FALSE(advance(alarm, by, raised_at + 25min - 1us));
  alarm = advanced(alarm, by, raised_at + 25min, 2);
  CHECK(alarm.events.back().level == 2);
  CHECK_FALSE(alarm.due);
  CHECK_FALSE(advance(alarm, by, raised_at + 100h));
  CHECK(alarm.version == 3);
}

TEST_CASE("service: acknowledging stops the steps and starts the next clock at level 0", "[gateway][alarms][service]") {
  const Service by = service();
  Alarm alarm = advanced(kept(red(), by, raised_at), by, raised_at + 5min);
  alarm = acted(alarm, Action::acknowledge, by, morning + 6min);
  CHECK(alarm.timing.level == 0);
  CHECK(alarm.due == morning + 16min);
  CHECK_FALSE(advance(alarm, by, morning + 15min));
  // Seen and not taken: back to where it has to be seen, and the steps go on from there.
  alarm = advanced(alarm, by, morning + 16min);
  CHECK(alarm.machine.state == State::raised);
  CHECK(alarm.timing.level == 1);
  CHECK(alarm.events.back().note == "Nivå 1: ikke tatt innen fristen");
  CHECK(alarm.due == morning + 36min);
  // Taken and not resolved: called, and it stays in hand.
  alarm = acted(alarm, Action::take, by, morning + 17min);
  alarm = advanced(alarm, by, morning + 77min);
  CHECK(alarm.machine.state == State::in_progress);
  CHECK(alarm.owner->id == "kari");
}

TEST_CASE("service: a level below its severity is passed by, a missed clock never", "[gateway][alarms][service]") {
  Service by = service();
  by.clocks.severe.acknowledge = 5min;
  by.levels = {{Severity::critical, {"second"}, false, {}}, {Severity::severe, {}, true, {}}};
  CHECK(advanced(kept(red(), by, raised_at), by, raised_at + 5min, 2).timing.level == 2);
  by.levels = {{Severity::critical, {"second"}, true, {}}};
  const Alarm told = advanced(kept(red(), by, raised_at), by, raised_at + 5min);
  CHECK(told.announce);
  CHECK(told.called_in.empty());
  CHECK_FALSE(told.due);
}

TEST_CASE("service: an alarm nobody was called for runs no clock", "[gateway][alarms][service]") {
  LimitReading old = saturation(86, morning, 0xB1);
  old.past_horizon = true;
  const Alarm alarm = kept(*apply_limit(nullptr, thresholds::Direction::low, old, at(raised_at)).alarm, service(), raised_at);
  CHECK_FALSE(alarm.deadline);
  CHECK_FALSE(alarm.due);
}

TEST_CASE("service: a snooze ends at its end, and the clock of its state starts anew", "[gateway][alarms][service]") {
  const Service by = service();
  Alarm alarm = acted(kept(red(), by, raised_at), Action::acknowledge, by, morning + 1min);
  ActionRequest snooze = by_kari(Action::snooze, "x");
  snooze.minutes = 30min;
  alarm = kept(*apply_action(alarm, snooze, "centre", false, morning + 2min)->alarm, by, morning + 2min);
  CHECK(alarm.deadline == morning + 32min);
  CHECK(alarm.due == morning + 32min);
  CHECK_FALSE(advance(alarm, by, morning + 32min - 1us));
  alarm = advanced(alarm, by, morning + 32min);
  CHECK(alarm.machine.state == State::acknowledged);
  CHECK_FALSE(alarm.announce);
  CHECK(alarm.events.back().action == "snooze-ended");
  CHECK(alarm.deadline == morning + 42min);
}

TEST_CASE("service: what holds outside its hours stands still then, and is called at opening", "[gateway][alarms][service]") {
  Service by = service();
  by.calendar = office();
  Alarm alarm = kept(red(), by, raised_at);  // at 7
  CHECK(alarm.deadline == morning + 65min);
  CHECK(alarm.due == morning + 1h);
  alarm = advanced(alarm, by, morning + 1h);
  CHECK(alarm.announce);
  CHECK(alarm.events.back().action == "opened");
  CHECK(alarm.due == morning + 65min);
  CHECK(advanced(alarm, by, morning + 65min).timing.level == 1);

  // A Friday's last minutes go on with Monday's first.
  CHECK(kept(red(), by, morning + 7h + 57min).deadline == morning + 3 * 24h + 62min);
}

TEST_CASE("service: what is unwatched outside its hours stands still, and nobody is called at opening", "[gateway][alarms][service]") {
  Service by = service();
  by.calendar = office();
  by.outside = Outside::unwatched;
  const Alarm alarm = kept(red(), by, raised_at);
  CHECK(alarm.deadline == morning + 65min);
  CHECK(alarm.due == morning + 65min);
}

TEST_CASE("service: what is rerouted outside its hours goes to who watches then, and clocks go on", "[gateway][alarms][service]") {
  Service by = service();
  by.calendar = office();
  by.outside = Outside::reroute;
  by.reroute_to = "night";
  Alarm alarm = kept(red(), by, raised_at);
  CHECK(alarm.deadline == raised_at + 5min);
  CHECK(alarm.due == raised_at);
  alarm = advanced(alarm, by, raised_at);
  CHECK(alarm.announce);
  CHECK(alarm.called_in == std::vector<std::string>{"night"});
  CHECK(alarm.events.back().action == "rerouted");
  CHECK(alarm.due == raised_at + 5min);

  // What is still unseen at closing time goes then.
  by.clocks = {};
  const Alarm day = kept(red(), by, morning + 6h);
  CHECK(day.due == morning + 8h);
  CHECK(advanced(day, by, morning + 8h).called_in == std::vector<std::string>{"night"});
  CHECK_FALSE(acted(day, Action::acknowledge, by, morning + 7h).due);
}

TEST_CASE("service: a call that reaches nobody goes on to the next level, at the last it is told", "[gateway][alarms][service]") {
  Service by = service();
  by.levels = {{Severity::normal, {}, true, {}}, {Severity::normal, {"second"}, false, 2h}};
  Alarm alarm = advanced(kept(red(), by, raised_at), by, raised_at + 5min, 1);
  alarm = *call_failed(alarm, by, 1, raised_at + 6min).change.alarm;
  CHECK(alarm.timing.level == 2);
  CHECK(alarm.events.back().note == "Nivå 2: varslingen på nivå 1 nådde ikke fram");
  const Advance last = call_failed(alarm, by, 2, raised_at + 7min);
  CHECK(last.change.announce);
  CHECK(last.change.alarm->events.back().action == "call-failed");
}

TEST_CASE("service: another organisation inherits neither a snooze nor an offer", "[gateway][alarms][service]") {
  Alarm snoozed = red();
  snoozed.machine.state = State::snoozed;
  snoozed.machine.snoozed_from = State::acknowledged;
  snoozed.machine.snoozed_until = morning + 30min;
  AlarmChange change = apply_responsibility(snoozed, "958935420", morning + 5min);
  CHECK(change.announce);
  CHECK(change.alarm->machine.state == State::acknowledged);
  CHECK_FALSE(change.alarm->machine.snoozed_until);

  Alarm offered = red();
  offered.machine.handing_over = true;
  offered.offer = Offer{{}, "111111111", {}};
  change = apply_responsibility(offered, "958935420", morning + 5min);
  CHECK_FALSE(change.alarm->machine.handing_over);
  CHECK_FALSE(change.alarm->offer);
}

TEST_CASE("service: whom an alarm concerns", "[gateway][alarms][service]") {
  const Service by = service();
  const std::string own = "972418013", other = "958935420";
  Alarm alarm = red();
  CHECK(concerns(alarm, by, "", "centre"));
  CHECK(concerns(alarm, by, own, "centre"));
  CHECK_FALSE(concerns(alarm, by, other, "far"));
  alarm.offer = Offer{{}, other, {}};
  CHECK(concerns(alarm, by, other, "far"));
  CHECK(concerns(alarm, by, own, "centre"));
  alarm.offer.reset();
  alarm.called_in = {"far"};
  CHECK(concerns(alarm, by, other, "far"));
  CHECK_FALSE(concerns(alarm, by, other, "elsewhere"));
  alarm.called_in.clear();
  alarm = *apply_responsibility(alarm, other, morning + 1min).alarm;
  CHECK(concerns(alarm, by, other, "far"));
  CHECK(concerns(alarm, by, own, "centre"));  // is told that it went
  alarm = *annotate(alarm, "x", morning + 2min).alarm;
  CHECK_FALSE(concerns(alarm, by, own, "centre"));
}
