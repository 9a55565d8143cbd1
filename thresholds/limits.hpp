// Limits and what they are compared with: plain values, names as in rules.d. Strict comparison (vendors.md A.3): a
// reading equal to a bound does not breach it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thresholds/number.hpp"

namespace thresholds {

enum class Severity : std::uint8_t { normal = 10, moderate = 20, severe = 30, critical = 40 };  // VKP severity level
enum class Direction : std::uint8_t { low, high };
enum class Bound : std::uint8_t { alert_low, warning_low, warning_high, alert_high };
enum class Comparator : std::uint8_t { none, less, less_or_equal, greater_or_equal, greater };

struct Limit {
  std::string kind;       // "blood-pressure"
  std::string component;  // "systolic", empty when the kind has none
  std::optional<Number> alert_low, warning_low, warning_high, alert_high;
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
  undecidable  // a comparator leaves it open which side of a bound the true value is on
};

struct Verdict {
  Outcome outcome = Outcome::no_limit;
  std::optional<Bound> bound;  // the outermost bound crossed
  Severity severity = Severity::normal;
  Direction direction = Direction::high;
  std::optional<Number> limit;  // the value of that bound
};

// Every problem of a set of limits, in words: bounds not strictly descending alert_high > warning_high > warning_low >
// alert_low, none given, two limits for one kind and component.
std::vector<std::string> problems(const std::vector<Limit>&);

// A comparator counts: ">33.3" breaches alert_high 20 and is undecidable for alert_high 40. When a certain breach of an
// inner bound and an open outer one meet, it is a breach of the inner one.
Verdict judge(const Limit&, const Sample&);

}  // namespace thresholds
