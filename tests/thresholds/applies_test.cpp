#include "thresholds/applies.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "tests/support/judging_zones.hpp"

using namespace thresholds;
using namespace std::chrono_literals;

namespace {

using std::chrono::sys_days;

const std::shared_ptr<const Zone> norway = std::make_shared<const test::NorwegianJudgingZone>();
const std::shared_ptr<const Zone> other = std::make_shared<const test::NorwegianJudgingZone>();

Applies in_norway() {
  Applies applies;
  applies.zone = norway;
  applies.timezone = "Europe/Oslo";
  return applies;
}

Applies between(int from, int to, Days days = every_day) {
  Applies applies = in_norway();
  applies.between = DayWindow{from * 60, to * 60};
  applies.days = days;
  return applies;
}

Time utc(int year, unsigned month, unsigned day, int hour, int minute = 0, int second = 0) {
  return sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

Applies period(std::optional<std::chrono::year_month_day> from, std::optional<std::chrono::year_month_day> to) {
  Applies applies = in_norway();
  applies.from = from;
  applies.to = to;
  return applies;
}

constexpr Days on(unsigned mask) { return {static_cast<std::uint8_t>(mask), Days::Holidays::as_weekday}; }

}  // namespace

TEST_CASE("applies: names there and back, none for unstated", "[thresholds][applies]") {
  for (Meal meal : {Meal::before, Meal::after, Meal::fasting, Meal::bedtime}) CHECK(meal_named(name(meal)) == meal);
  for (Oxygen oxygen : {Oxygen::air, Oxygen::oxygen}) CHECK(oxygen_named(name(oxygen)) == oxygen);
  CHECK(name(Meal::unstated).empty());
  CHECK_FALSE(meal_named(""));
  CHECK_FALSE(oxygen_named(""));
  CHECK_FALSE(meal_named("lunch"));
}

TEST_CASE("applies: by the clock of the place, both ends inside", "[thresholds][applies]") {
  // 2026-03-02 is a Monday; Norway is an hour ahead of UTC until 29 March, then two.
  struct Row {
    const char* name;
    Applies applies;
    Time at;
    bool holds;
  };
  const Applies nights = between(22, 6, on(0b0000001));  // those that begin on a Monday
  const Row rows[] = {
      {"a minute before", between(7, 22), utc(2026, 3, 2, 5, 59, 59), false},
      {"at the first minute", between(7, 22), utc(2026, 3, 2, 6), true},
      {"in the last minute", between(7, 22), utc(2026, 3, 2, 21, 0, 59), true},
      {"after the last minute", between(7, 22), utc(2026, 3, 2, 21, 1), false},
      {"in summer the same wall time is another instant", between(7, 22), utc(2026, 7, 1, 5), true},
      {"a night, its evening", nights, utc(2026, 3, 2, 22), true},
      {"a night, its morning belongs to Monday", nights, utc(2026, 3, 3, 3), true},
      {"Monday's own early morning belongs to Sunday's night", nights, utc(2026, 3, 2, 3), false},
      {"Tuesday's evening", nights, utc(2026, 3, 3, 22), false},
      {"a workday", between(0, 23, workdays), utc(2026, 3, 2, 12), true},
      {"Saturday is none", between(0, 23, workdays), utc(2026, 3, 7, 12), false},
      {"17 May 2027, a Monday, is none", between(0, 23, workdays), utc(2027, 5, 17, 12), false},
      {"17 May 2027 is a holiday", between(0, 23, holidays_only), utc(2027, 5, 17, 12), true},
      {"before the period, by local time", period(std::chrono::year(2026) / 3 / 2, {}), utc(2026, 3, 1, 22, 59), false},
      {"the first local day", period(std::chrono::year(2026) / 3 / 2, {}), utc(2026, 3, 1, 23), true},
      {"the last local day", period({}, std::chrono::year(2026) / 3 / 2), utc(2026, 3, 2, 22, 59), true},
      {"after the last local day", period({}, std::chrono::year(2026) / 3 / 2), utc(2026, 3, 2, 23), false},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(row.applies.holds(row.at, {}) == row.holds);
      CHECK(row.applies.by_time());
      CHECK_FALSE(row.applies.always());
    }
  }
}

TEST_CASE("applies: by what the reading states of itself", "[thresholds][applies]") {
  Applies fasting, oxygen, left;
  fasting.meal = Meal::fasting;
  oxygen.oxygen = Oxygen::oxygen;
  left.site = "Left-Arm";
  CHECK(fasting.holds({}, {Meal::fasting, Oxygen::unstated, {}}));
  CHECK_FALSE(fasting.holds({}, {}));  // unstated is not fasting
  CHECK_FALSE(fasting.holds({}, {Meal::after, Oxygen::unstated, {}}));
  CHECK(oxygen.holds({}, {Meal::unstated, Oxygen::oxygen, {}}));
  CHECK_FALSE(oxygen.holds({}, {Meal::unstated, Oxygen::air, {}}));
  CHECK(left.holds({}, {Meal::unstated, Oxygen::unstated, "left-arm"}));
  CHECK_FALSE(left.holds({}, {Meal::unstated, Oxygen::unstated, "right-arm"}));
  CHECK_FALSE(fasting.always());
  CHECK_FALSE(fasting.by_time());
  CHECK(Applies{}.always());
  CHECK(Applies{}.holds({}, {}));
}

TEST_CASE("applies: overlap, in both orders", "[thresholds][applies]") {
  Applies before, after, air, oxygen, left, right, elsewhere = between(22, 6);
  before.meal = Meal::before;
  after.meal = Meal::after;
  air.oxygen = Oxygen::air;
  oxygen.oxygen = Oxygen::oxygen;
  left.site = "left";
  right.site = "right";
  elsewhere.zone = other;
  elsewhere.timezone = "Europe/London";
  const auto day = [](int month, unsigned number) {
    return std::chrono::year_month_day(std::chrono::year(2026), std::chrono::month(static_cast<unsigned>(month)), std::chrono::day(number));
  };
  struct Row {
    const char* name;
    Applies a, b;
    bool overlap;
  };
  const Row rows[] = {
      {"both always", {}, {}, true},
      {"always and at night", in_norway(), between(22, 6), true},
      {"day and night that share a minute", between(6, 22), between(22, 6), true},
      {"day and night", between(7, 21), between(22, 6), false},
      {"two nights", between(22, 6), between(23, 5), true},
      {"weekdays apart", between(8, 10, on(0b0011111)), between(8, 10, on(0b1100000)), false},
      // Workdays leave out a holiday that falls on a Monday, the list of weekdays does not.
      {"workdays and holidays", between(8, 10, workdays), between(8, 10, holidays_only), false},
      {"weekdays by name and holidays", between(8, 10, on(0b0011111)), between(8, 10, holidays_only), true},
      {"Monday's night and Tuesday morning", between(22, 6, on(0b0000001)), between(0, 5, on(0b0000010)), true},
      {"Monday's night and Monday morning", between(22, 6, on(0b0000001)), between(0, 5, on(0b0000001)), false},
      {"Sunday's night and Monday morning", between(22, 6, on(0b1000000)), between(0, 5, on(0b0000001)), true},
      {"periods that share a day", period({}, day(3, 2)), period(day(3, 2), {}), true},
      {"periods apart", period({}, day(3, 1)), period(day(3, 2), {}), false},
      {"another clock: windows may meet", between(7, 21), elsewhere, true},
      {"meals apart", before, after, false},
      {"a meal and any", before, {}, true},
      {"oxygen apart", air, oxygen, false},
      {"sites apart", left, right, false},
      {"meal and oxygen say nothing of each other", before, air, true},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(overlap(row.a, row.b) == row.overlap);
      CHECK(overlap(row.b, row.a) == row.overlap);
    }
  }
}

TEST_CASE("applies: what overlaps is found by trying, over a week with and without a holiday", "[thresholds][applies]") {
  // Every pair of a few windows and kinds of days: where an instant is found that both hold at, overlap must say so; and of one clock
  // it must say nothing where none is found in a year.
  const Days days[] = {every_day, workdays, weekends, holidays_only, on(0b0000101)};
  const DayWindow windows[] = {{0, 1439}, {420, 1320}, {1321, 419}, {1320, 360}, {0, 60}};
  std::vector<Applies> all;
  for (const Days& one : days) {
    for (const DayWindow& window : windows) {
      Applies applies = in_norway();
      applies.between = window;
      applies.days = one;
      all.push_back(applies);
    }
  }
  std::vector<std::vector<bool>> met(all.size(), std::vector<bool>(all.size()));
  for (Time at = utc(2026, 1, 1, 0); at < utc(2027, 6, 1, 0); at += 10min) {
    std::vector<std::size_t> holding;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].holds(at, {})) holding.push_back(i);
    }
    for (std::size_t i : holding) {
      for (std::size_t j : holding) met[i][j] = true;
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < all.size(); ++j) {
      INFO(i << " and " << j);
      CHECK(overlap(all[i], all[j]) == met[i][j]);
    }
  }
}

TEST_CASE("applies: problems in words", "[thresholds][applies]") {
  Applies none, backwards;
  none.days = {0, Days::Holidays::as_weekday};
  backwards.from = std::chrono::year(2026) / 3 / 2;
  backwards.to = std::chrono::year(2026) / 3 / 1;
  CHECK(problems(Applies{}).empty());
  CHECK(problems(none).size() == 1);
  CHECK(problems(backwards).size() == 1);
}
