// What limits and rules would have done with past readings: the judging and the alarm machine of the running gateway, driven through a
// patient's past in order of arrival. Pure; one patient at a time, so that callers may share the work between threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thresholds/judged.hpp"
#include "thresholds/rule_set.hpp"

namespace thresholds {

// The kinds and series that past readings speak of, by number.
struct Vocabulary {
  std::vector<std::string> kinds;
  std::vector<SeriesName> series;
};

struct PastValue {
  std::uint16_t series = 0;  // in Vocabulary::series
  Comparator comparator = Comparator::none;
  Number value;  // canonical unit
};

struct PastReading {
  Time arrived{}, measured{};
  std::uint64_t order = 0;        // its place in the whole input, over all patients: orders what arrived at one instant
  std::uint32_t first_value = 0;  // in Past::values
  std::uint16_t value_count = 0;  // 0: in words only, or absent
  std::uint16_t kind = 0;         // in Vocabulary::kinds
  bool absent = false;            // taken and without a value: meets no schedule, neither breaches nor clears, supersedes nothing
  bool doubled_hour = false;      // measured up to an hour later than `measured` says
  Circumstances circumstances;    // the site's text is the caller's
};

// One patient's past, in order of input.
struct Past {
  std::vector<PastReading> readings;
  std::vector<PastValue> values;
  Person person;
};

struct BacktestSettings {
  AgePolicy age;
  AlarmPolicy alarms;
  // None: an alarm counts as handled when its measurement is back to normal, so that a later breach raises a new one. Else it is
  // handled so long after it was raised, and by nothing before.
  std::optional<std::chrono::seconds> handled_after;
  Time until{};  // inclusive: what arrives or runs out later has not happened
};

// As design.md 8.1. `severity` and `rule` are the alarm's after the change, as the running gateway tells them: the worst so far, and of
// equals the newest.
struct BacktestChange {
  Time at{};
  std::string rule;
  Change change = Change::none;
  Severity severity = Severity::normal;
  Time measured{};  // of the reading that arrived; of a missing one the deadline
  bool late = false, superseded = false;
  std::string_view reason;  // the machine's, static
  // Among all patients' changes: sorted by at, then arrivals before deadlines, then order.
  bool by_deadline = false;
  std::uint64_t order = 0;
  std::uint16_t programme = 0;              // which of the rule sets
  std::vector<std::uint32_t> readings;  // of `raised`: those it rests on, places in Past::readings, the one that arrived first
};
bool before(const BacktestChange&, const BacktestChange&);

// Immutable; run() may be called by several threads. A patient is judged by each of the rule sets, their alarms apart. Rules in shadow
// raise nothing, as live. Rule sets and vocabulary outlive it.
class Backtest {
 public:
  Backtest(std::span<const RuleSet>, const Vocabulary&, BacktestSettings);
  ~Backtest();

  // In order of judging.
  std::vector<BacktestChange> run(const Past&) const;

  struct Watched;    // what is known of one rule set, the same for all patients
  class PatientRun;  // one patient on the way through

 private:
  std::vector<Watched> watched_;
  BacktestSettings settings_;
  std::size_t kinds_ = 0;
};

}  // namespace thresholds
