#include "thresholds/schedule.hpp"

#include <algorithm>
#include <cassert>
#include <string_view>

namespace thresholds {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::local_days;
using std::chrono::minutes;

constexpr int day_minutes = 24 * 60;
constexpr int week_minutes = 7 * day_minutes;
// The longest way from one public holiday to the next is Whit Monday to Christmas, so a schedule that comes at all comes in a year.
constexpr days farthest{400};

bool crosses_midnight(const DayWindow& window) { return window.from_minute > window.to_minute; }
int length(const DayWindow& window) {
  return window.to_minute - window.from_minute + (crosses_midnight(window) ? day_minutes : 0);
}

bool comes(const Days& on) { return (on.weekdays & 0x7f) != 0 || on.holidays == Days::Holidays::also; }

Expectation expectation(const Schedule& schedule, const DayWindow& window, local_days day) {
  const WallTime from = WallTime(day) + minutes(window.from_minute);
  const WallTime to = from + minutes(length(window));
  const Zone& zone = *schedule.zone;
  const Time begin = zone.first(from);
  Time end = last(zone, to);
  // Begun in spring's missing hour it is moved with the clock; where its end as written would come before, it is moved whole.
  if (end <= begin) end = begin + minutes(length(window));
  return {begin, end + schedule.grace};
}

std::optional<Expectation> next_window(const Schedule& schedule, Time began, Time after) {
  assert(schedule.zone);
  if (schedule.windows.empty() || !comes(schedule.days)) return std::nullopt;
  // A window of the day before may cross midnight, and a clock change moves one by hours, never by a day.
  const auto day_of = [&](Time time) { return floor<days>(wall_time(*schedule.zone, time)); };
  const local_days start = std::max(day_of(began) - days(1), day_of(after - schedule.grace) - days(2));
  std::optional<Expectation> found;
  local_days until = start + farthest;
  for (local_days day = start; day <= until; day += days(1)) {
    if (!schedule.days.contains(std::chrono::year_month_day(day))) continue;
    for (const DayWindow& window : schedule.windows) {
      const Expectation one = expectation(schedule, window, day);
      if (one.begin < began || one.deadline <= after) continue;
      if (found && (one.deadline > found->deadline || (one.deadline == found->deadline && one.begin >= found->begin))) continue;
      found = one;
      until = day + days(2);  // of days after that no window ends earlier
    }
  }
  return found;
}

std::string clock(int minute) {
  const auto two = [](int number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return two(minute / 60) + ":" + two(minute % 60);
}
std::string text(const DayWindow& window) { return clock(window.from_minute) + "-" + clock(window.to_minute); }

// Each weekday a window may begin on, in minutes of the week. A holiday may be any day.
std::vector<int> begins(const Schedule& schedule, const DayWindow& window) {
  std::vector<int> found;
  for (int weekday = 0; weekday < 7; ++weekday) {
    const bool on = (schedule.days.weekdays >> weekday & 1) != 0 || schedule.days.holidays == Days::Holidays::also;
    if (on) found.push_back(weekday * day_minutes + window.from_minute);
  }
  return found;
}

// Minutes from the begin of one window to the nearest begin of the other after it (or with it); a week at most.
int distance(const Schedule& schedule, const DayWindow& window, const DayWindow& other) {
  int nearest = week_minutes;
  for (const int begin : begins(schedule, window)) {
    for (const int next : begins(schedule, other)) {
      int ahead = (next - begin + week_minutes) % week_minutes;
      if (ahead == 0 && &window == &other) ahead = week_minutes;
      nearest = std::min(nearest, ahead);
    }
  }
  return nearest;
}

void find_meetings(const Schedule& schedule, std::vector<std::string>& found) {
  for (std::size_t i = 0; i < schedule.windows.size(); ++i) {
    for (std::size_t j = 0; j < schedule.windows.size(); ++j) {
      const DayWindow& one = schedule.windows[i];
      const DayWindow& other = schedule.windows[j];
      const int ahead = distance(schedule, one, other);
      if (ahead == 0 && j < i) continue;  // said of the pair already
      if (ahead <= length(one)) {
        found.push_back("windows " + text(one) + " and " + text(other) +
                        " overlap: a reading at " + clock(other.from_minute) + " would meet both");
      } else if (minutes(ahead) <= minutes(length(one)) + schedule.grace) {
        found.push_back("the grace after " + text(one) + " reaches into the next window, " + text(other));
      }
    }
  }
}

bool is_minute_of_day(int minute) { return minute >= 0 && minute < day_minutes; }

}  // namespace

std::optional<Expectation> next_expectation(const Schedule& schedule, Time began, Time after, std::optional<Time> last_reading) {
  if (schedule.every.count() == 0) return next_window(schedule, began, after);
  const Time begin = last_reading.value_or(began);
  return Expectation{begin, begin + schedule.every + schedule.grace};
}

bool meets(const Schedule& schedule, const Expectation& expectation, Time measured) {
  if (schedule.every.count() != 0) return measured > expectation.begin;
  return measured >= expectation.begin && measured <= expectation.deadline;
}

std::vector<std::string> problems(const Schedule& schedule) {
  std::vector<std::string> found;
  const bool every = schedule.every.count() != 0;
  if (schedule.windows.empty() && !every) found.push_back("neither windows nor every: nothing is expected");
  if (!schedule.windows.empty() && every) found.push_back("both windows and every: one of the two says when");
  if (schedule.every < minutes(0)) found.push_back("every is at least a minute");
  if (schedule.grace < minutes(0)) found.push_back("grace is not negative");
  if (schedule.windows.empty()) return found;
  if (!comes(schedule.days)) found.push_back("no days: the windows never come");
  for (const DayWindow& window : schedule.windows) {
    if (is_minute_of_day(window.from_minute) && is_minute_of_day(window.to_minute)) continue;
    found.push_back("a window lies outside 00:00-23:59");
    return found;
  }
  if (schedule.grace >= minutes(0)) find_meetings(schedule, found);
  return found;
}

}  // namespace thresholds
