// Limits and what they are compared with: plain values, names as in rules.d. Strict comparison (vendors.md A.3): a
// reading equal to a bound does not breach it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thresholds/applies.hpp"
#include "thresholds/number.hpp"
#include "thresholds/time.hpp"

namespace thresholds {

enum class Severity : std::uint8_t { normal = 10, moderate = 20, severe = 30, critical = 40 };  // VKP severity level
enum class Direction : std::uint8_t { low, high };
enum class Bound : std::uint8_t { alert_low, warning_low, warning_high, alert_high };
enum class Comparator : std::uint8_t { none, less, less_or_equal, greater_or_equal, greater };

// `of: {readings: 3, last: 4}`: met when so many of the last readings are; fewer than `last` count as they are.
struct CountOf {
  int readings = 1, last = 1;
  bool operator==(const CountOf&) const = default;
};

// What is usual for the patient: a value a clinician set, or a statistic of the patient's own readings in the window that ends at the
// instant judged (the reading judged left out).
struct Baseline {
  enum class Statistic : std::uint8_t { given, average, median, highest, lowest };
  Statistic statistic = Statistic::given;
  Number value;          // given
  Span window;           // others
  int readings = 3;      // fewer in the window: incomplete
  bool percent = false;  // bounds are a percentage of it; otherwise they are added to it
};

struct Limit {
  std::string kind;       // "blood-pressure"
  std::string component;  // "systolic", empty when the kind has none
  std::optional<Number> alert_low, warning_low, warning_high, alert_high;
  // Hysteresis: an open alarm returns to normal only with a reading at or above clear_low (at or below clear_high).
  std::optional<Number> clear_low, clear_high;
  Applies applies;
  std::optional<Baseline> baseline;
  std::optional<CountOf> of;           // so many of the last readings breach
  std::chrono::minutes sustained{0};  // `for:` all readings of such a span breach; never together with `of`

  // Looks at one reading only: no history is needed.
  bool plain() const { return !baseline && !of && sustained.count() == 0; }
};

// One value to judge.
struct Sample {
  std::string_view kind;
  std::string_view component;
  Number value;
  Comparator comparator = Comparator::none;  // "value" is then a bound of the true value: > 33.3
};

enum class Outcome : std::uint8_t {
  within,  // compared, no bound crossed
  breach,
  no_limit,    // no limit for this kind and component
  undecidable,  // a comparator leaves it open which side of a bound the true value is on
  incomplete,   // what it needs besides the reading is missing or too old
  pending,      // the reading breaches, and not (yet) often or long enough
  not_now       // the limit or rule does not speak of a reading of this time or these circumstances
};
std::string_view name(Outcome);  // "no-limit"

struct Verdict {
  Outcome outcome = Outcome::no_limit;
  std::optional<Bound> bound;  // the outermost bound crossed
  Severity severity = Severity::normal;
  Direction direction = Direction::high;
  std::optional<Number> limit;  // the value of that bound
  bool clears = true;           // within, and not only inside a clear bound: an open alarm may return to normal
};

// Every problem of a set of limits, in words: bounds not strictly descending alert_high > warning_high > warning_low >
// alert_low, a clear bound that is no further in than the bounds of its side, none given, two limits that speak of the same reading of
// one kind and component.
std::vector<std::string> problems(const std::vector<Limit>&);
// Likewise of what limits share with rules: counts below 1, readings > last, `of` and `for` together; a statistic without a window.
std::vector<std::string> problems(const std::optional<CountOf>&, std::chrono::minutes sustained);
std::vector<std::string> problems(const Baseline&);
// Both may speak of one reading: the same kind and component at a time and in circumstances that can be the same.
bool same_reading(const Limit&, const Limit&);

inline constexpr int count_of_max = 100;  // OURS: `of: {last: 100}`; more is a window's work

// A comparator counts: ">33.3" breaches alert_high 20 and is undecidable for alert_high 40. When a certain breach of an
// inner bound and an open outer one meet, it is a breach of the inner one. For plain limits without regard to when they apply; others,
// and all that a patient has, are judged by rule_set.hpp.
Verdict judge(const Limit&, const Sample&);

}  // namespace thresholds
