#include "thresholds/clocks.hpp"

#include <catch2/catch.hpp>

using namespace thresholds;
using namespace std::chrono_literals;

TEST_CASE("clocks: each state runs its own, and what nobody was called for runs none", "[thresholds][clocks]") {
  struct Row {
    State state;
    Clock expected;
  };
  for (const Row& row : {Row{State::raised, Clock::acknowledge}, Row{State::acknowledged, Clock::take},
                         Row{State::in_progress, Clock::resolve}, Row{State::dispatched, Clock::resolve},
                         Row{State::accepted, Clock::resolve}, Row{State::snoozed, Clock::none},
                         Row{State::resolved, Clock::none}}) {
    AlarmState alarm;
    alarm.state = row.state;
    CHECK(clock_of(alarm) == row.expected);
    alarm.announced = false;
    CHECK(clock_of(alarm) == Clock::none);
  }
}

TEST_CASE("clocks: limits are by severity and clock", "[thresholds][clocks]") {
  Clocks clocks;
  clocks.of(Severity::severe).acknowledge = 5min;
  clocks.of(Severity::critical).take = 1min;
  CHECK(clocks.of(Severity::severe).of(Clock::acknowledge) == 300s);
  CHECK_FALSE(clocks.of(Severity::severe).of(Clock::take));
  CHECK_FALSE(clocks.of(Severity::moderate).of(Clock::acknowledge));
  CHECK_FALSE(clocks.of(Severity::severe).of(Clock::none));
  CHECK(clocks.of(Severity::critical).of(Clock::take) == 60s);
  for (Clock clock : {Clock::none, Clock::acknowledge, Clock::take, Clock::resolve}) CHECK(clock_named(name(clock)) == clock);
}

TEST_CASE("clocks: without a calendar every hour counts", "[thresholds][clocks]") {
  const Time night = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 2h;
  CHECK(Watch{}.after(night, 15min) == night + 15min);
  CHECK(Watch{}.open_at(night));
}
