// An exact decimal for comparing; thresholds/ uses the standard library only, so it has its own. coefficient *
// 10^-scale. Pure and total: comparing never overflows, whatever the scales.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace thresholds {

struct Number {
  std::int64_t coefficient = 0;
  int scale = 0;  // -30..30

  friend std::strong_ordering operator<=>(const Number& a, const Number& b);
  friend bool operator==(const Number& a, const Number& b) { return (a <=> b) == 0; }
};

std::string text(const Number&);  // plain digits as kept: "37.50"; for messages

}  // namespace thresholds
