#include "thresholds/service_calendar.hpp"

#include <algorithm>
#include <utility>

#include "thresholds/holidays.hpp"

namespace thresholds {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::year_month_day;

// OURS: how far ahead is looked. A service that does not open for two years is no service.
constexpr days horizon{731};

}  // namespace

ServiceCalendar::ServiceCalendar(ServiceHours hours, std::shared_ptr<const Zone> zone)
    : hours_(std::move(hours)), zone_(std::move(zone)) {
  for (auto& day : hours_.week) {
    std::sort(day.begin(), day.end(), [](const OpenHours& a, const OpenHours& b) { return a.from < b.from; });
  }
}

std::vector<ServiceCalendar::Span> ServiceCalendar::spans_of(local_days day) const {
  const year_month_day date(day);
  if (hours_.closed.contains(date)) return {};
  if (hours_.closed_on_holidays && norwegian_holiday(date)) return {};
  std::vector<Span> spans;
  for (const OpenHours& open : hours_.week[std::chrono::weekday(day).c_encoding()]) {
    // Both ends by the wall clock: a day's opening is an hour shorter or longer when the clocks change within it.
    const Span span{zone_->first(WallTime(day) + open.from), zone_->first(WallTime(day) + open.to)};
    if (span.from < span.to) spans.push_back(span);
  }
  return spans;
}

template <class Visit>
void ServiceCalendar::walk(Time from, Visit visit) const {
  // The day before too: what opened in its evening may still be open.
  const local_days first = std::chrono::floor<days>(wall_time(*zone_, from)) - days(1);
  Time reached = from;
  for (local_days day = first; day <= first + horizon; day += days(1)) {
    for (Span span : spans_of(day)) {
      span.from = std::max(span.from, reached);
      if (span.from >= span.to) continue;
      reached = span.to;
      if (!visit(span)) return;
    }
  }
}

bool ServiceCalendar::open_at(Time at) const {
  const local_days today = std::chrono::floor<days>(wall_time(*zone_, at));
  for (local_days day : {today - days(1), today}) {
    for (const Span& span : spans_of(day)) {
      if (span.from <= at && at < span.to) return true;
    }
  }
  return false;
}

std::optional<Time> ServiceCalendar::after(Time from, std::chrono::seconds open) const {
  std::optional<Time> end;
  std::chrono::microseconds left = open;
  walk(from, [&](const Span& span) {
    if (left <= span.to - span.from) {
      end = span.from + left;
      return false;
    }
    left -= span.to - span.from;
    return true;
  });
  return end;
}

std::optional<Time> ServiceCalendar::next_open(Time from) const {
  std::optional<Time> begin;
  walk(from, [&](const Span& span) {
    begin = span.from;
    return false;
  });
  return begin;
}

std::optional<Time> ServiceCalendar::closes(Time from) const {
  if (!open_at(from)) return std::nullopt;
  Time end = from;
  bool closed = false;
  walk(from, [&](const Span& span) {
    if (span.from > end) {
      closed = true;
      return false;
    }
    end = span.to;
    return true;
  });
  return closed ? std::optional(end) : std::nullopt;
}

}  // namespace thresholds
