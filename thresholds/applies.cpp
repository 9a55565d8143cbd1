#include "thresholds/applies.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace thresholds {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::minutes;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 5> meal_names{"", "before", "after", "fasting", "bedtime"};
constexpr std::array<std::string_view, 3> oxygen_names{"", "air", "oxygen"};
constexpr int minutes_of_day = 24 * 60;

template <class Enum, std::size_t size>
std::optional<Enum> named(const std::array<std::string_view, size>& names, std::string_view text) {
  auto found = std::find(names.begin() + 1, names.end(), text);  // "unstated" has no name to ask for
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_site(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

// Minutes of one local day in which the window is open, and how many days before that one it began.
struct Part {
  int from, to, began;
};
struct Parts {
  std::array<Part, 2> parts;
  std::size_t count;
  const Part* begin() const { return parts.data(); }
  const Part* end() const { return parts.data() + count; }
};

Parts parts_of(const Applies& applies) {
  if (!applies.between) return {{{{0, minutes_of_day - 1, 0}}}, 1};
  const auto [from, to] = *applies.between;
  if (from <= to) return {{{{from, to, 0}}}, 1};
  return {{{{from, minutes_of_day - 1, 0}, {0, to, 1}}}, 2};
}

bool weekday_in(const Days& all, int weekday) { return (all.weekdays >> ((weekday + 7) % 7) & 1) != 0; }

bool holiday_in(const Days& all, int weekday) {
  if (all.holidays == Days::Holidays::as_weekday) return weekday_in(all, weekday);
  return all.holidays == Days::Holidays::also;
}

// Whether there is a day on which both are open, `a` having begun so many days before it and `b` so many.
bool days_meet(const Days& a, int a_began, const Days& b, int b_began) {
  for (int weekday = 0; weekday < 7; ++weekday) {
    const int day_a = weekday - a_began, day_b = weekday - b_began;
    if (a_began == b_began) {
      if (weekday_in(a, day_a) && weekday_in(b, day_b)) return true;
      if (holiday_in(a, day_a) && holiday_in(b, day_b)) return true;
    } else if ((weekday_in(a, day_a) || holiday_in(a, day_a)) && (weekday_in(b, day_b) || holiday_in(b, day_b))) {
      return true;  // two days: either may be a holiday without the other
    }
  }
  return false;
}

bool clocks_meet(const Applies& a, const Applies& b) {
  for (const Part& one : parts_of(a)) {
    for (const Part& other : parts_of(b)) {
      if (one.from <= other.to && other.from <= one.to && days_meet(a.days, one.began, b.days, other.began)) return true;
    }
  }
  return false;
}

bool same_clock(const Applies& a, const Applies& b) { return a.zone == b.zone || a.timezone == b.timezone; }

bool periods_meet(const Applies& a, const Applies& b, days apart) {
  const auto ends_before = [&](const Applies& first, const Applies& second) {
    return first.to && second.from && sys_days(*first.to) + apart < sys_days(*second.from);
  };
  return !ends_before(a, b) && !ends_before(b, a);
}

template <class Value>
bool may_be_same(const std::optional<Value>& a, const std::optional<Value>& b) {
  return !a || !b || *a == *b;
}

}  // namespace

std::string_view name(Meal meal) { return meal_names[static_cast<std::size_t>(meal)]; }
std::string_view name(Oxygen oxygen) { return oxygen_names[static_cast<std::size_t>(oxygen)]; }
std::optional<Meal> meal_named(std::string_view text) { return named<Meal>(meal_names, text); }
std::optional<Oxygen> oxygen_named(std::string_view text) { return named<Oxygen>(oxygen_names, text); }

bool Applies::always() const { return !by_time() && !meal && !oxygen && site.empty(); }

bool Applies::by_time() const { return between || days != every_day || from || to; }

bool Applies::holds(Time measured, const Circumstances& circumstances) const {
  if (meal && *meal != circumstances.meal) return false;
  if (oxygen && *oxygen != circumstances.oxygen) return false;
  if (!site.empty() && !same_site(site, circumstances.site)) return false;
  if (!by_time()) return true;

  const WallTime wall = zone ? wall_time(*zone, measured) : WallTime(measured.time_since_epoch());
  const sys_days today{floor<std::chrono::days>(wall).time_since_epoch()};
  if (from && today < sys_days(*from)) return false;
  if (to && today > sys_days(*to)) return false;
  sys_days began = today;
  if (between) {
    const auto minute = static_cast<int>(floor<minutes>(wall - floor<std::chrono::days>(wall)).count());
    if (!between->contains(minute)) return false;
    if (between->from_minute > between->to_minute && minute <= between->to_minute) began -= std::chrono::days(1);
  }
  return days.contains(year_month_day(began));
}

bool overlap(const Applies& a, const Applies& b) {
  if (!may_be_same(a.meal, b.meal) || !may_be_same(a.oxygen, b.oxygen)) return false;
  if (!a.site.empty() && !b.site.empty() && !same_site(a.site, b.site)) return false;
  // Calendars of two zones are at most a day apart (UTC-12 to UTC+14 is more, but no home is in both).
  const bool one_clock = same_clock(a, b);
  if (!periods_meet(a, b, days(one_clock ? 0 : 1))) return false;
  return !one_clock || clocks_meet(a, b);
}

std::vector<std::string> problems(const Applies& applies) {
  std::vector<std::string> found;
  if (applies.days.weekdays == 0 && applies.days.holidays != Days::Holidays::also) found.emplace_back("there is no day in 'days'");
  for (const auto& day : {applies.from, applies.to}) {
    if (day && !day->ok()) found.emplace_back("'valid_from' or 'valid_to' is no day of the calendar");
  }
  if (applies.from && applies.to && applies.from->ok() && applies.to->ok() && *applies.to < *applies.from) {
    found.emplace_back("'valid_to' is before 'valid_from'");
  }
  return found;
}

}  // namespace thresholds
