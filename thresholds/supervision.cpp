#include "thresholds/supervision.hpp"

#include <algorithm>

namespace thresholds {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::seconds;

constexpr seconds day{24 * 3600};
constexpr seconds week = 7 * day;

bool begins_on(const ExpectedTraffic& expected, local_days date) {
  const unsigned monday_is_0 = std::chrono::weekday(date).iso_encoding() - 1;
  return (expected.days >> monday_is_0 & 1u) != 0;
}

// Length of one day's hours, and where they end counted from that day's midnight.
seconds hours_end(const ExpectedTraffic& expected) {
  return expected.to > expected.from ? seconds(expected.to) : seconds(expected.to) + day;
}

// Of the hours that begin on one day, what lies in [from, to).
seconds of_day(const ExpectedTraffic& expected, local_days date, local_seconds from, local_seconds to) {
  if (!begins_on(expected, date)) return seconds(0);
  const local_seconds begin = std::max(from, local_seconds(date) + expected.from);
  const local_seconds end = std::min(to, local_seconds(date) + hours_end(expected));
  return std::max(end - begin, seconds(0));
}

seconds of_days(const ExpectedTraffic& expected, local_seconds from, local_seconds to) {
  seconds sum{0};
  // From the day before: its hours may go past midnight.
  for (local_days date = std::chrono::floor<days>(from) - days(1); local_seconds(date) < to; date += days(1)) {
    sum += of_day(expected, date, from, to);
  }
  return sum;
}

}  // namespace

bool never(const ExpectedTraffic& expected) {
  return (expected.days & 0x7f) == 0 || expected.from == expected.to;
}

bool expected_at(const ExpectedTraffic& expected, local_seconds at) {
  if (never(expected)) return false;
  const auto today = std::chrono::floor<days>(at);
  for (const local_days date : {today, today - days(1)}) {
    if (begins_on(expected, date) && at >= local_seconds(date) + expected.from && at < local_seconds(date) + hours_end(expected)) {
      return true;
    }
  }
  return false;
}

seconds expected_between(const ExpectedTraffic& expected, local_seconds from, local_seconds to) {
  if (never(expected) || to <= from) return seconds(0);
  const auto weeks = (to - from) / week;  // all alike
  const seconds in_weeks = weeks > 0 ? weeks * of_days(expected, from, from + week) : seconds(0);
  return in_weeks + of_days(expected, from + weeks * week, to);
}

std::optional<std::chrono::minutes> time_of_day(std::string_view text) {
  auto digit = [&](std::size_t place) { return text[place] >= '0' && text[place] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return std::nullopt;
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour > 24 || (hour == 24 && minute > 0)) return std::nullopt;
  return std::chrono::minutes(hour * 60 + minute);
}

std::string_view name(Liveness state) {
  static constexpr std::string_view names[] = {"alive", "silent", "mapping-broke"};
  return names[static_cast<std::size_t>(state)];
}

Found judge_source(const SourcePolicy& policy, const SourceSeen& seen) {
  if (seen.ever && seen.items >= unusable_items && seen.payloads >= unusable_payloads) {
    return {Liveness::mapping_broke, "mapping-broke"};
  }
  // Counted from nothing again after a restart, so it stays what it was until something is accepted.
  if (seen.before == Liveness::mapping_broke && !seen.heard) return {Liveness::mapping_broke, "mapping-broke"};
  if (policy.silent_after == seconds(0)) return {Liveness::alive, "not-supervised"};
  if (seen.quiet < policy.silent_after) return {Liveness::alive, "heard"};
  if (seen.before == Liveness::alive && seen.running < policy.grace) return {Liveness::alive, "grace-after-start"};
  return {Liveness::silent, "source-silent"};
}

FoundQuiet judge_quiet(const QuietPolicy& policy, const Quiet& seen) {
  if (policy.deadline == seconds(0)) return {false, "not-supervised"};
  if (seen.quiet < policy.deadline) return {false, "heard"};
  if (seen.before) return {true, "silent"};
  if (seen.running < policy.grace) return {false, "grace-after-start"};
  const bool stopping = seen.source_deadline > seconds(0) && seen.source_quiet * 2 >= seen.source_deadline;
  if (seen.source != Liveness::alive || stopping) return {false, "source-silent"};
  return {true, "silent"};
}

}  // namespace thresholds
