// An exact decimal for comparing; thresholds/ uses the standard library only, so it has its own. coefficient * 10^-scale.
#pragma once

#include <compare>
#include <cstdint>

namespace thresholds {

struct Number {
  std::int64_t coefficient = 0;
  int scale = 0;  // -30..30

  friend std::strong_ordering operator<=>(const Number& a, const Number& b);
  friend bool operator==(const Number& a, const Number& b) { return (a <=> b) == 0; }
};

}  // namespace thresholds
