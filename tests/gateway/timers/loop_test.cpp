#include "gateway/timers/loop.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "tests/support/manual_clock.hpp"

using namespace gateway;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

struct Noting final : timers::Timer {
  std::vector<timers::Tick> ticks;
  bool fails = false;
  std::string_view name() const override { return "noting"; }
  void step(const timers::Tick& tick) override {
    ticks.push_back(tick);
    if (fails) throw std::runtime_error("no");
  }
};

}  // namespace

TEST_CASE("timers: each is stepped with the time that passed, also after one that failed", "[timers]") {
  boost::asio::io_context context;
  support::ManualClock clock;
  timers::Loop timers(context, clock);
  Noting first, second;
  first.fails = true;
  timers.add(first);
  timers.add(second);
  clock.advance(seconds(1));
  timers.step();
  clock.advance(seconds(2));
  timers.step();
  REQUIRE(second.ticks.size() == 2);
  CHECK(first.ticks.size() == 2);
  CHECK(second.ticks[0].ran == seconds(1));
  CHECK(second.ticks[1].ran == seconds(2));
  CHECK(second.ticks[1].now == clock.now());
}

TEST_CASE("timers: a program that stood still did not run, and a wall clock that jumps is no time", "[timers]") {
  boost::asio::io_context context;
  support::ManualClock clock;
  timers::Loop timers(context, clock);
  Noting noting;
  timers.add(noting);
  clock.advance(hours(10));
  timers.step();
  clock.set_wall(clock.now() + hours(24));
  timers.step();
  clock.set_wall(clock.now() - hours(72));
  timers.step();
  REQUIRE(noting.ticks.size() == 3);
  CHECK(noting.ticks[0].ran == timers::Loop::longest_step);
  CHECK(noting.ticks[1].ran == seconds(0));
  CHECK(noting.ticks[2].ran == seconds(0));
}
