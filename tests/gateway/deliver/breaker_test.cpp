#include "gateway/deliver/breaker.hpp"

#include <catch2/catch.hpp>

#include "tests/support/manual_clock.hpp"

using namespace gateway::deliver;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  support::SeededRandom random{1};
  support::ManualClock clock;
  Breaker breaker{{.failures = 3, .refusals = 4, .wait = {1s, 60s}}, random};

  void fail(int times) {
    for (int i = 0; i < times; ++i) breaker.failed(clock.now(), false, std::nullopt);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "breaker: opens after so many failures in a row", "[deliver][breaker]") {
  fail(2);
  CHECK(breaker.closed());
  breaker.delivered();
  fail(2);
  CHECK(breaker.closed());
  fail(1);
  CHECK(breaker.state() == Breaker::State::open);
}

TEST_CASE_METHOD(Fixture, "breaker: the wait grows with each failed probe and ends with a delivery",
                 "[deliver][breaker]") {
  fail(3);
  auto longest = 1s;
  for (int round = 0; round < 10; ++round) {
    auto wait = breaker.until() - clock.now();
    CHECK(wait >= longest / 2);
    CHECK(wait <= longest);
    clock.advance(wait);
    breaker.probe();
    breaker.failed(clock.now(), true, std::nullopt);
    REQUIRE(breaker.state() == Breaker::State::open);
    longest = std::min<std::chrono::seconds>(longest * 2, 60s);
  }
  breaker.probe();
  breaker.delivered();
  CHECK(breaker.closed());
  fail(3);
  CHECK(breaker.until() - clock.now() <= 1s);
}

TEST_CASE_METHOD(Fixture, "breaker: Retry-After makes the wait longer, never shorter", "[deliver][breaker]") {
  fail(2);
  breaker.failed(clock.now(), false, 90s);
  CHECK(breaker.until() == clock.now() + 90s);
}

TEST_CASE_METHOD(Fixture, "breaker: late failures of what was sent before it opened do not prolong it",
                 "[deliver][breaker]") {
  fail(3);
  auto until = breaker.until();
  clock.advance(100ms);
  fail(5);
  CHECK(breaker.until() == until);
}

TEST_CASE_METHOD(Fixture, "breaker: a refused probe closes it, because the receiver is there", "[deliver][breaker]") {
  fail(3);
  breaker.probe();
  breaker.refused(clock.now(), true);
  CHECK(breaker.closed());
}

TEST_CASE_METHOD(Fixture, "breaker: a receiver that refuses everything is stopped too", "[deliver][breaker]") {
  for (int i = 0; i < 3; ++i) breaker.refused(clock.now(), false);
  CHECK(breaker.closed());
  breaker.refused(clock.now(), false);
  CHECK_FALSE(breaker.closed());
  breaker.probe();
  breaker.refused(clock.now(), true);
  CHECK(breaker.state() == Breaker::State::open);
  breaker.probe();
  breaker.delivered();
  breaker.refused(clock.now(), false);
  CHECK(breaker.closed());
}
