// An exact decimal number that keeps its digits: 37.50 stays 37.50 and differs in precision, not in value, from 37.5
// (FHIR R4 datatypes, "decimal"). No floating point anywhere between a vendor's text and a comparison.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "fhir/result.hpp"

namespace fhir {

// value = coefficient * 10^-scale, at most 18 significant digits (FHIR R4 asks for 18), 0 <= scale <= 30 after parsing.
// Trivially copyable; all functions pure and total.
class Decimal {
 public:
  constexpr Decimal() = default;
  constexpr explicit Decimal(std::int64_t whole) : coefficient_(whole) {}
  constexpr Decimal(std::int64_t coefficient, int scale)
      : coefficient_(coefficient), scale_(static_cast<std::int8_t>(scale)) {}

  // JSON number grammar, exponent included ("1.2e2" is 120). More than 18 significant digits, or a magnitude outside
  // 10^-30..10^18, is an error and never rounded. "NaN", "+5", "05", "1," and "" are errors.
  static Result<Decimal> parse(std::string_view text);

  // value * 10^exponent, exact (Withings' value/unit pairs); an error outside the range above.
  static Result<Decimal> scaled(std::int64_t value, int exponent);

  constexpr std::int64_t coefficient() const { return coefficient_; }
  constexpr int scale() const { return scale_; }

  std::string text() const;             // digits as kept: "37.50"
  void append_to(std::string& out) const;
  Decimal canonical() const;            // trailing zeros removed: equal values have equal canonical forms
  bool is_integer() const;

  // Exact; an error only when the result does not fit.
  Result<Decimal> plus(Decimal other) const;
  Result<Decimal> minus(Decimal other) const;
  Result<Decimal> times(Decimal other) const;
  // Quotient rounded half to even at `scale` decimals.
  Result<Decimal> divided_by(Decimal other, int scale) const;
  Decimal rounded(int scale) const;  // half to even; unchanged when it has no more decimals than `scale`

  // By value: 37.50 == 37.5.
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }

 private:
  std::int64_t coefficient_ = 0;
  std::int8_t scale_ = 0;
};

}  // namespace fhir
