#include "thresholds/schedule.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/thresholds/norway.hpp"

using namespace thresholds;
using test::utc;
using namespace std::chrono_literals;

namespace {

constexpr DayWindow window(int from_hour, int from_minute, int to_hour, int to_minute) {
  return {from_hour * 60 + from_minute, to_hour * 60 + to_minute};
}

Schedule schedule(std::vector<DayWindow> windows, std::chrono::minutes grace = 0min, Days days = every_day) {
  Schedule made;
  made.windows = std::move(windows);
  made.grace = grace;
  made.days = days;
  made.zone = test::norway();
  return made;
}

std::vector<Expectation> all(const Schedule& schedule, Time began, Time until) {
  std::vector<Expectation> found;
  Time after = began;
  while (auto next = next_expectation(schedule, began, after, std::nullopt)) {
    if (next->deadline > until) break;
    found.push_back(*next);
    after = next->deadline;
  }
  return found;
}

}  // namespace

TEST_CASE("schedule: the next expectation of the local day", "[thresholds][schedule]") {
  struct Row {
    std::string name;
    Schedule schedule;
    Time began, after;
    std::optional<Expectation> expected;
  };
  const auto morning = window(6, 0, 10, 0);
  const std::vector<Row> rows{
      {"winter, before the window", schedule({morning}, 1h), utc(2026, 1, 5), utc(2026, 1, 5), Expectation{utc(2026, 1, 5, 5), utc(2026, 1, 5, 10)}},
      {"summer, an hour earlier in UTC", schedule({morning}, 1h), utc(2026, 7, 5), utc(2026, 7, 5), Expectation{utc(2026, 7, 5, 4), utc(2026, 7, 5, 9)}},
      {"begun exactly with the window: this one", schedule({morning}), utc(2026, 1, 5, 5), utc(2026, 1, 5, 5),
       Expectation{utc(2026, 1, 5, 5), utc(2026, 1, 5, 9)}},
      {"begun inside the window: tomorrow's", schedule({morning}), utc(2026, 1, 5, 5, 0, 1), utc(2026, 1, 5, 5, 0, 1),
       Expectation{utc(2026, 1, 6, 5), utc(2026, 1, 6, 9)}},
      {"at its deadline it is over", schedule({morning}), utc(2026, 1, 1), utc(2026, 1, 5, 9), Expectation{utc(2026, 1, 6, 5), utc(2026, 1, 6, 9)}},
      {"a moment before it is not", schedule({morning}), utc(2026, 1, 1), utc(2026, 1, 5, 8, 59, 59), Expectation{utc(2026, 1, 5, 5), utc(2026, 1, 5, 9)}},
      {"across midnight", schedule({window(22, 0, 6, 0)}, 30min), utc(2026, 1, 5), utc(2026, 1, 5, 12), Expectation{utc(2026, 1, 5, 21), utc(2026, 1, 6, 5, 30)}},
      {"across midnight, after it", schedule({window(22, 0, 6, 0)}), utc(2026, 1, 1), utc(2026, 1, 6, 1), Expectation{utc(2026, 1, 5, 21), utc(2026, 1, 6, 5)}},
      {"of Friday's night the day it begins on counts", schedule({window(22, 0, 6, 0)}, 0min, workdays), utc(2026, 1, 1), utc(2026, 1, 9, 12),
       Expectation{utc(2026, 1, 9, 21), utc(2026, 1, 10, 5)}},
      {"not on the weekend", schedule({window(22, 0, 6, 0)}, 0min, workdays), utc(2026, 1, 1), utc(2026, 1, 10, 6), Expectation{utc(2026, 1, 12, 21), utc(2026, 1, 13, 5)}},
      {"holidays only: from Whit Monday to Christmas", schedule({morning}, 0min, holidays_only), utc(2026, 1, 1), utc(2026, 5, 26),
       Expectation{utc(2026, 12, 25, 5), utc(2026, 12, 25, 9)}},
      {"a grace of days", schedule({morning}, 48h, Days{0x01}), utc(2026, 1, 1), utc(2026, 1, 7, 8), Expectation{utc(2026, 1, 5, 5), utc(2026, 1, 7, 9)}},
      {"no days: never", schedule({morning}, 0min, Days{0x00}), utc(2026, 1, 1), utc(2026, 1, 1), std::nullopt},
      // Spring: 2026-03-29 02:00 becomes 03:00 (01:00 UTC).
      {"around the missing hour", schedule({window(1, 0, 4, 0)}), utc(2026, 3, 28, 12), utc(2026, 3, 28, 12), Expectation{utc(2026, 3, 29, 0), utc(2026, 3, 29, 2)}},
      {"inside the missing hour: an hour later by the clock", schedule({window(2, 15, 2, 45)}), utc(2026, 3, 28, 12), utc(2026, 3, 28, 12),
       Expectation{utc(2026, 3, 29, 1, 15), utc(2026, 3, 29, 1, 45)}},
      {"begins inside it and ends soon after: as long as ever", schedule({window(2, 30, 3, 10)}), utc(2026, 3, 28, 12), utc(2026, 3, 28, 12),
       Expectation{utc(2026, 3, 29, 1, 30), utc(2026, 3, 29, 2, 10)}},
      {"begins with it and ends as written", schedule({window(2, 0, 6, 0)}), utc(2026, 3, 28, 12), utc(2026, 3, 28, 12),
       Expectation{utc(2026, 3, 29, 1), utc(2026, 3, 29, 4)}},
      {"ends inside it", schedule({window(1, 30, 2, 30)}), utc(2026, 3, 28, 12), utc(2026, 3, 28, 12), Expectation{utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 1, 30)}},
      // Autumn: 2026-10-25 03:00 becomes 02:00 (01:00 UTC).
      {"inside the doubled hour: from the first to the last", schedule({window(2, 15, 2, 45)}), utc(2026, 10, 24, 12), utc(2026, 10, 24, 12),
       Expectation{utc(2026, 10, 25, 0, 15), utc(2026, 10, 25, 1, 45)}},
      {"ends with the doubled hour's end", schedule({window(22, 0, 2, 30)}), utc(2026, 10, 24, 12), utc(2026, 10, 24, 12),
       Expectation{utc(2026, 10, 24, 20), utc(2026, 10, 25, 1, 30)}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(next_expectation(row.schedule, row.began, row.after, std::nullopt) == row.expected);
    }
  }
}

TEST_CASE("schedule: every so long after the last reading, or after it began", "[thresholds][schedule]") {
  Schedule every;
  every.every = 8h;
  every.grace = 30min;
  const Time began = utc(2026, 3, 28, 20);
  // Elapsed time: a clock change moves nothing.
  CHECK(next_expectation(every, began, began, std::nullopt) == Expectation{began, utc(2026, 3, 29, 4, 30)});
  const Time reading = utc(2026, 3, 29, 2);
  CHECK(next_expectation(every, began, reading, reading) == Expectation{reading, utc(2026, 3, 29, 10, 30)});
  // Overdue stays what it is.
  CHECK(next_expectation(every, began, utc(2026, 4, 9), reading) == Expectation{reading, utc(2026, 3, 29, 10, 30)});
  const Expectation expected = *next_expectation(every, began, reading, reading);
  CHECK_FALSE(meets(every, expected, reading));
  CHECK(meets(every, expected, reading + 1us));
  CHECK(meets(every, expected, expected.deadline + 24h));
}

TEST_CASE("schedule: what is measured from begin to deadline meets it", "[thresholds][schedule]") {
  const Schedule morning = schedule({window(6, 0, 10, 0)}, 1h);
  const Expectation expected = *next_expectation(morning, utc(2026, 1, 5), utc(2026, 1, 5), std::nullopt);
  CHECK_FALSE(meets(morning, expected, expected.begin - 1us));
  CHECK(meets(morning, expected, expected.begin));
  CHECK(meets(morning, expected, expected.deadline));
  CHECK_FALSE(meets(morning, expected, expected.deadline + 1us));
}

TEST_CASE("schedule: over a year each local day gives one expectation per window", "[thresholds][schedule]") {
  const unsigned seed = 20261126;
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> minute(0, 24 * 60 - 1);
  const Time began = utc(2025, 12, 31, 23), until = utc(2027, 1, 4);
  for (int round = 0; round < 60; ++round) {
    // Windows in order round the clock, without touching; those that begin in spring's missing hour may meet another there.
    std::vector<int> cuts;
    for (int i = 0; i < (round % 3 + 1) * 2; ++i) cuts.push_back(minute(random));
    std::sort(cuts.begin(), cuts.end());
    if (std::adjacent_find(cuts.begin(), cuts.end()) != cuts.end()) continue;
    if (round % 2 == 1) std::rotate(cuts.begin(), cuts.begin() + 1, cuts.end());  // one across midnight
    Schedule made = schedule({});
    for (std::size_t i = 0; i < cuts.size(); i += 2) made.windows.push_back({cuts[i], cuts[i + 1]});
    REQUIRE(problems(made).empty());
    std::map<std::pair<int, int>, int> seen;  // day of the year and window
    Time before = began;
    for (const Expectation& one : all(made, began, until)) {
      REQUIRE(one.begin <= one.deadline);
      REQUIRE(one.deadline > before);
      before = one.deadline;
      const WallTime begin = wall_time(*made.zone, one.begin);
      const auto day = std::chrono::floor<std::chrono::days>(begin);
      const int at = static_cast<int>(std::chrono::floor<std::chrono::minutes>(begin - day).count());
      int which = -1;
      for (std::size_t i = 0; i < made.windows.size(); ++i) {
        const bool moved = day == std::chrono::local_days(std::chrono::year(2026) / 3 / 29) && made.windows[i].from_minute + 60 == at;
        if (made.windows[i].from_minute == at || moved) which = static_cast<int>(i);
      }
      REQUIRE(which >= 0);
      ++seen[{static_cast<int>((day - std::chrono::local_days(std::chrono::year(2026) / 1 / 1)).count()), which}];
    }
    for (int day = 0; day < 365; ++day) {
      for (int which = 0; which < static_cast<int>(made.windows.size()); ++which) {
        INFO("round " << round << " day " << day << " window " << which);
        CHECK(seen[{day, which}] == 1);
      }
    }
  }
}

TEST_CASE("schedule: problems in words", "[thresholds][schedule]") {
  Schedule both = schedule({window(6, 0, 10, 0)});
  both.every = 8h;
  Schedule backwards;
  backwards.every = -1min;
  struct Row {
    std::string name;
    Schedule schedule;
    std::string expected;  // the first; empty: none
  };
  const std::vector<Row> rows{
      {"twice a day", schedule({window(6, 0, 10, 0), window(18, 0, 22, 0)}, 4h), ""},
      {"nothing", schedule({}), "neither windows nor every: nothing is expected"},
      {"both", both, "both windows and every: one of the two says when"},
      {"negative", backwards, "every is at least a minute"},
      {"no days", schedule({window(6, 0, 10, 0)}, 0min, Days{0}), "no days: the windows never come"},
      {"touching", schedule({window(6, 0, 10, 0), window(10, 0, 12, 0)}),
       "windows 06:00-10:00 and 10:00-12:00 overlap: a reading at 10:00 would meet both"},
      {"a minute apart", schedule({window(6, 0, 9, 59), window(10, 0, 12, 0)}), ""},
      {"the same twice", schedule({window(6, 0, 10, 0), window(6, 0, 10, 0)}),
       "windows 06:00-10:00 and 06:00-10:00 overlap: a reading at 06:00 would meet both"},
      {"across midnight into the morning", schedule({window(22, 0, 7, 0), window(6, 0, 10, 0)}),
       "windows 22:00-07:00 and 06:00-10:00 overlap: a reading at 06:00 would meet both"},
      {"grace to the minute before", schedule({window(6, 0, 10, 0), window(14, 0, 15, 0)}, 239min), ""},
      {"grace into the next", schedule({window(6, 0, 10, 0), window(14, 0, 15, 0)}, 4h),
       "the grace after 06:00-10:00 reaches into the next window, 14:00-15:00"},
      {"grace into the same of the next day", schedule({window(6, 0, 10, 0)}, 20h),
       "the grace after 06:00-10:00 reaches into the next window, 06:00-10:00"},
      {"grace of days of a weekly one", schedule({window(6, 0, 10, 0)}, 72h, Days{0x01}), ""},
      {"grace of more than a week", schedule({window(6, 0, 10, 0)}, 170h, Days{0x01}),
       "the grace after 06:00-10:00 reaches into the next window, 06:00-10:00"},
      {"no clock has that", schedule({DayWindow{0, 1440}}), "a window lies outside 00:00-23:59"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const std::vector<std::string> found = problems(row.schedule);
      CHECK((found.empty() ? std::string() : found.front()) == row.expected);
    }
  }
}
