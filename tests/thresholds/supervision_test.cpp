#include "thresholds/supervision.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace thresholds;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

// The 20th of November 2026 is a Friday.
local_seconds at(int day, int hour, int minute = 0, int second = 0) {
  return local_seconds(local_days(std::chrono::year(2026) / 11 / day)) + hours(hour) + minutes(minute) + seconds(second);
}

ExpectedTraffic traffic(unsigned days, minutes from, minutes to) { return {static_cast<std::uint8_t>(days), from, to}; }

const ExpectedTraffic always;
const ExpectedTraffic daytime = traffic(0x7f, hours(6), hours(22));
const ExpectedTraffic weekdays = traffic(0x1f, hours(8), hours(16));
const ExpectedTraffic nights = traffic(0x1f, hours(22), hours(6));  // those that begin Monday to Friday
const ExpectedTraffic no_days = traffic(0, hours(6), hours(22));
const ExpectedTraffic no_hours = traffic(0x7f, hours(6), hours(6));

}  // namespace

TEST_CASE("supervision: whether something is expected, at the ends of the hours and past midnight", "[thresholds][supervision]") {
  struct Row {
    std::string name;
    ExpectedTraffic expected;
    local_seconds at;
    bool open;
  };
  const std::vector<Row> rows{
      {"always, at midnight", always, at(20, 0), true},
      {"always, the last second", always, at(20, 23, 59, 59), true},
      {"the second before it opens", daytime, at(20, 5, 59, 59), false},
      {"when it opens", daytime, at(20, 6), true},
      {"the second before it closes", daytime, at(20, 21, 59, 59), true},
      {"when it closes", daytime, at(20, 22), false},
      {"Friday", weekdays, at(20, 12), true},
      {"Saturday", weekdays, at(21, 12), false},
      {"Sunday", weekdays, at(22, 12), false},
      {"Monday", weekdays, at(23, 8), true},
      {"past midnight, before it opens", nights, at(20, 21, 59, 59), false},
      {"past midnight, Friday evening", nights, at(20, 22), true},
      {"past midnight, the night that began on Friday", nights, at(21, 5, 59, 59), true},
      {"past midnight, when that night ends", nights, at(21, 6), false},
      {"past midnight, Saturday evening", nights, at(21, 23), false},
      {"past midnight, the night that began on Sunday", nights, at(23, 3), false},
      {"no days", no_days, at(20, 12), false},
      {"no hours", no_hours, at(20, 6), false},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(expected_at(row.expected, row.at) == row.open); }
  }
}

TEST_CASE("supervision: expected time between two moments", "[thresholds][supervision]") {
  struct Row {
    std::string name;
    ExpectedTraffic expected;
    local_seconds from, to;
    seconds sum;
  };
  const std::vector<Row> rows{
      {"always is all of it", always, at(1, 3), at(20, 5), hours(19 * 24 + 2)},
      {"nothing of an empty span", always, at(20, 3), at(20, 3), seconds(0)},
      {"nothing of a clock set back", always, at(20, 3), at(19, 3), seconds(0)},
      {"the night is not counted", daytime, at(20, 21), at(21, 7), hours(2)},
      {"inside one night", daytime, at(20, 23), at(21, 5), seconds(0)},
      {"over a weekend", weekdays, at(20, 15), at(23, 9), hours(2)},
      {"a whole week", weekdays, at(6, 11, 11), at(13, 11, 11), hours(40)},
      {"three weeks and a bit", weekdays, at(2, 8), at(23, 9), hours(3 * 40 + 1)},
      {"past midnight, from within", nights, at(21, 1), at(21, 12), hours(5)},
      {"past midnight, a whole week", nights, at(2, 0), at(9, 0), hours(40)},
      {"never", no_days, at(1, 0), at(30, 0), seconds(0)},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(expected_between(row.expected, row.from, row.to) == row.sum); }
  }
}

TEST_CASE("supervision: the sum over moments is the time between", "[thresholds][supervision]") {
  for (const ExpectedTraffic& expected : {always, daytime, weekdays, nights}) {
    seconds sum{0};
    for (local_seconds moment = at(13, 4); moment < at(29, 19); moment += minutes(30)) {
      if (expected_at(expected, moment)) sum += minutes(30);
    }
    CHECK(expected_between(expected, at(13, 4), at(29, 19)) == sum);
    CHECK_FALSE(never(expected));
  }
  CHECK(never(no_days));
  CHECK(never(no_hours));
}

TEST_CASE("supervision: a time of day as written", "[thresholds][supervision]") {
  CHECK(time_of_day("00:00") == minutes(0));
  CHECK(time_of_day("06:30") == minutes(390));
  CHECK(time_of_day("24:00") == minutes(1440));
  for (const char* wrong : {"", "6:30", "06.30", "06:60", "24:01", "25:00", "06:3", "aa:bb", "06:300", "-1:00"}) {
    CHECK_FALSE(time_of_day(wrong));
  }
}

TEST_CASE("supervision: a source is found silent at its deadline, with the reason", "[thresholds][supervision]") {
  struct Row {
    std::string name;
    SourcePolicy policy;
    SourceSeen seen;
    Liveness state;
    std::string reason;
  };
  using enum Liveness;
  const SourcePolicy hour{hours(1), minutes(5)};
  auto seen = [](Liveness before, seconds quiet, seconds running) {
    SourceSeen made;
    made.before = before;
    made.ever = true;
    made.quiet = quiet;
    made.running = running;
    return made;
  };
  auto garbage = [&](std::int64_t items, std::int64_t payloads, bool ever = true) {
    SourceSeen made = seen(alive, seconds(30), hours(9));
    made.items = items;
    made.payloads = payloads;
    made.ever = ever;
    return made;
  };
  auto after_garbage = [&](bool heard) {
    SourceSeen made = seen(mapping_broke, seconds(0), seconds(1));
    made.heard = heard;
    return made;
  };
  const std::vector<Row> rows{
      {"deadline 0", {seconds(0), minutes(5)}, seen(alive, hours(99), hours(99)), alive, "not-supervised"},
      {"deadline 0 ends what was found", {seconds(0), minutes(5)}, seen(silent, hours(99), hours(99)), alive, "not-supervised"},
      {"a second before", hour, seen(alive, seconds(3599), hours(9)), alive, "heard"},
      {"at the deadline", hour, seen(alive, hours(1), hours(9)), silent, "source-silent"},
      {"in the grace after the start", hour, seen(alive, hours(9), seconds(299)), alive, "grace-after-start"},
      {"when the grace is over", hour, seen(alive, hours(9), minutes(5)), silent, "source-silent"},
      {"found before the restart, it stays", hour, seen(silent, hours(9), seconds(1)), silent, "source-silent"},
      {"heard again", hour, seen(silent, seconds(0), seconds(1)), alive, "heard"},
      {"no use, one item short", hour, garbage(19, 19), alive, "heard"},
      {"no use", hour, garbage(20, 3), mapping_broke, "mapping-broke"},
      {"no use, all in one backlog", hour, garbage(5000, 1), alive, "heard"},
      {"no use, and never was", hour, garbage(20, 20, false), alive, "heard"},
      {"no use, without a deadline", {seconds(0), minutes(5)}, garbage(20, 3), mapping_broke, "mapping-broke"},
      {"no use before the restart", hour, after_garbage(false), mapping_broke, "mapping-broke"},
      {"of use again", hour, after_garbage(true), alive, "heard"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Found found = judge_source(row.policy, row.seen);
      CHECK(found.state == row.state);
      CHECK(found.reason == row.reason);
    }
  }
}

TEST_CASE("supervision: a device is not found silent beside its source", "[thresholds][supervision]") {
  struct Row {
    std::string name;
    Quiet seen;
    bool silent;
    std::string reason;
  };
  using enum Liveness;
  auto seen = [](bool before, seconds quiet, seconds running, Liveness source, seconds source_quiet) {
    return Quiet{before, quiet, running, source, source_quiet, hours(6)};
  };
  const std::vector<Row> rows{
      {"a second before", seen(false, hours(24) - seconds(1), hours(99), alive, seconds(0)), false, "heard"},
      {"at the deadline", seen(false, hours(24), hours(99), alive, seconds(0)), true, "silent"},
      {"in the grace", seen(false, hours(24), seconds(1), alive, seconds(0)), false, "grace-after-start"},
      {"found before the restart", seen(true, hours(24), seconds(1), alive, seconds(0)), true, "silent"},
      {"its source is silent", seen(false, hours(24), hours(99), silent, hours(7)), false, "source-silent"},
      {"its source sends nothing of use", seen(false, hours(24), hours(99), mapping_broke, hours(1)), false, "source-silent"},
      {"its source is on the way there", seen(false, hours(24), hours(99), alive, hours(3)), false, "source-silent"},
      {"its source paused", seen(false, hours(24), hours(99), alive, hours(3) - seconds(1)), true, "silent"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const FoundQuiet found = judge_quiet({hours(24), minutes(5)}, row.seen);
      CHECK(found.silent == row.silent);
      CHECK(found.reason == row.reason);
    }
  }
  CHECK(judge_quiet({seconds(0), minutes(5)}, {}).reason == "not-supervised");
}
