// The total of one form's answers, each an integer on one scale, weighted; the COPD Assessment Test is eight of 0 to 5. Pure and total. A
// missing answer is never worth nothing: there is a total only of a complete form, and always the range it lies in.
#pragma once

#include <optional>
#include <span>

#include "thresholds/number.hpp"
#include "thresholds/rule.hpp"
#include "thresholds/score_range.hpp"

namespace thresholds {

struct FormTotal {
  std::optional<int> total;
  ScoreRange possible;
};

// One answer for each of the form's links, in their order; one that is off the scale is unknown, like a missing one.
FormTotal form_total(const FormTest&, std::span<const std::optional<Number>> answers);

}  // namespace thresholds
