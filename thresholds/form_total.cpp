#include "thresholds/form_total.hpp"

#include <algorithm>

namespace thresholds {
namespace {

// The answer as a step of the scale.
std::optional<int> step_of(const FormTest& test, const std::optional<Number>& answer) {
  if (!answer) return std::nullopt;
  for (int step = test.lowest; step <= test.highest; ++step) {
    if (*answer == Number{step, 0}) return step;
  }
  return std::nullopt;
}

}  // namespace

FormTotal form_total(const FormTest& test, std::span<const std::optional<Number>> answers) {
  FormTotal made;
  bool complete = !test.links.empty();
  for (std::size_t i = 0; i < test.links.size(); ++i) {
    const int weight = i < test.weights.size() ? test.weights[i] : 1;
    if (const auto step = i < answers.size() ? step_of(test, answers[i]) : std::nullopt) {
      made.possible += {weight * *step, weight * *step};
      continue;
    }
    complete = false;
    const auto [least, most] = std::minmax(weight * test.lowest, weight * test.highest);
    made.possible += {least, most};
  }
  if (complete) made.total = made.possible.min;
  return made;
}

}  // namespace thresholds
