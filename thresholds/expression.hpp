// A condition as one readable line, `when:` of a rule: "oxygen-saturation < 92 and (heart-rate > 100 or rise(body-weight, 3d) >= 2)".
// It says nothing the other forms cannot say; it becomes the same Condition. docs/rules.md has the grammar. Pure; hostile text costs
// no more than its length.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "thresholds/rule.hpp"

namespace thresholds {

// What the words mean: which series there are and how their numbers are written. The room that knows kinds and units has one.
class ExpressionWords {
 public:
  virtual ~ExpressionWords() = default;
  // Why the series cannot be compared with a number; empty when it can.
  virtual std::string problem(const SeriesName&) const = 0;
  // The number in the canonical unit of the series; a text says why it cannot be. No unit given: empty. Of a difference (a rise, a
  // slope) the zero of the unit must be that of the canonical one.
  virtual std::variant<Number, std::string> canonical(const SeriesName&, const Number&, std::string_view unit,
                                                      bool difference) const = 0;
};

struct ExpressionError {
  std::size_t column = 1;  // 1-based, in characters
  std::string text;        // what is wrong and what to write; does not repeat more than a word of the expression
};

inline constexpr std::size_t expression_length_max = 1000;  // OURS: what a person can still read, generously

std::variant<Condition, ExpressionError> parse_expression(std::string_view, const ExpressionWords&);

// "3d", "36h", "90m"; nothing for another form, 0, or more than a year (OURS: no history is kept longer for judging).
std::optional<Span> span_of(std::string_view);
std::string text(const Span&);

}  // namespace thresholds
