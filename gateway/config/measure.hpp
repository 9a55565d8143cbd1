// What is measured by a kind and component, and numbers about it: which unit they are written in, what they are in the canonical one.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "fhir/kinds.hpp"
#include "thresholds/expression.hpp"
#include "thresholds/rule.hpp"

namespace gateway::config {

// The kind whose values a series has: of blood-pressure/systolic it is systolic. Unknown, with the reason in `why`, when there is none
// that is measured as a number.
fhir::Kind measured_kind(const thresholds::SeriesName&, std::string& why);

// A bound or an amount as written to the canonical unit, rounded as a reading in that unit is (fhir/units.hpp), so that a reading
// equal to the bound stays equal. A difference takes no unit with another zero: 1 degF of change is not -17.2 Cel.
std::variant<thresholds::Number, std::string> canonical(fhir::Kind, const thresholds::Number&, std::string_view unit, bool difference);

// For expressions.
class KindWords final : public thresholds::ExpressionWords {
 public:
  std::string problem(const thresholds::SeriesName&) const override;
  std::variant<thresholds::Number, std::string> canonical(const thresholds::SeriesName&, const thresholds::Number&,
                                                          std::string_view unit, bool difference) const override;
};

}  // namespace gateway::config
