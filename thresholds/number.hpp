// An exact decimal for comparing; thresholds/ uses the standard library only, so it has its own. coefficient *
// 10^-scale. Pure and total: comparing never overflows, whatever the scales.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace thresholds {

struct Number {
  std::int64_t coefficient = 0;
  int scale = 0;  // -30..30

  friend std::strong_ordering operator<=>(const Number& a, const Number& b);
  friend bool operator==(const Number& a, const Number& b) { return (a <=> b) == 0; }
};

// Exact; none when the result has no place in a Number.
std::optional<Number> plus(const Number&, const Number&);
std::optional<Number> minus(const Number&, const Number&);
std::optional<Number> times(const Number&, const Number&);
// Rounded half away from zero to `decimals`; none for a division by zero and when the result has no place.
std::optional<Number> divided(const Number&, std::int64_t by, int decimals);

std::string text(const Number&);  // plain digits as kept: "37.50"; for messages

}  // namespace thresholds
