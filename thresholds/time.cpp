#include "thresholds/time.hpp"

#include "thresholds/holidays.hpp"

namespace thresholds {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::minutes;

WallTime wall_time(const Zone& zone, Time time) { return WallTime((time + zone.offset_at(time)).time_since_epoch()); }

Time last(const Zone& zone, WallTime wall) {
  const Time first = zone.first(wall);
  // A clock put back by some amount shows the same wall time that amount later; no zone puts it back by more than three hours.
  const minutes before = zone.offset_at(first), after = zone.offset_at(first + std::chrono::hours(3));
  if (before <= after) return first;
  const Time second = first + (before - after);
  return wall_time(zone, second) == wall ? second : first;
}

Time begin_of(const Span& span, Time end, const Zone& zone) {
  if (span.days == 0) return end - span.length;
  return zone.first(WallTime(floor<days>(wall_time(zone, end)) - days(span.days)));
}

minutes at_most(const Span& span) {
  if (span.days == 0) return span.length;
  return days(span.days + 1) + std::chrono::hours(1);  // today's part, and the longer day in autumn
}

bool DayWindow::contains(int minute) const {
  if (from_minute <= to_minute) return minute >= from_minute && minute <= to_minute;
  return minute >= from_minute || minute <= to_minute;
}

bool Days::contains(std::chrono::year_month_day day) const {
  if (holidays != Holidays::as_weekday && norwegian_holiday(day)) return holidays == Holidays::also;
  const unsigned weekday = std::chrono::weekday(std::chrono::sys_days(day)).iso_encoding() - 1;
  return (weekdays >> weekday & 1U) != 0;
}

}  // namespace thresholds
