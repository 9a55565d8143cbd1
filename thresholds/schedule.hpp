// When a patient is expected to measure, and which expectations have run out without a reading. Local wall time; a clock change neither
// doubles nor skips a window: one in the missing hour moves with the clock, one in the doubled hour is taken once, from its first
// beginning to its last end. Pure: time is passed in.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "thresholds/time.hpp"

namespace thresholds {

struct Schedule {
  // Either windows of the local day on `days` (of one that crosses midnight, the day it begins on) ...
  std::vector<DayWindow> windows;
  Days days = every_day;
  // ... or `every: 8h`: so long after the last reading, or after the schedule began when there is none.
  std::chrono::minutes every{0};
  std::chrono::minutes grace{0};  // a reading measured and here before the end of the grace is in time
  std::shared_ptr<const Zone> zone;
  std::string timezone;  // as written; empty: the service's
};

// One expectation: a reading measured in [begin, deadline] and known by `deadline` meets it.
struct Expectation {
  Time begin{};
  Time deadline{};  // end of the window plus grace
  bool operator==(const Expectation&) const = default;
};

// Of a schedule with windows: the first expectation whose window begins at or after `began` and whose deadline is after `after`.
// None only for a schedule that never comes again (no days). `every`: from `last_reading`, else from `began`; begin is that instant
// (exclusive), and its deadline may lie before `after`: then it is overdue, once.
std::optional<Expectation> next_expectation(const Schedule&, Time began, Time after, std::optional<Time> last_reading);

// Whether a reading measured then meets it; for `every` any reading later than its begin does.
bool meets(const Schedule&, const Expectation&, Time measured);

// Problems in words: neither windows nor `every`, both, windows that overlap (the same reading would meet both), no days, a grace that
// reaches into the next window, `every` under a minute.
std::vector<std::string> problems(const Schedule&);

}  // namespace thresholds
