#include "thresholds/number.hpp"

#include <cstdint>
#include <cstdlib>

namespace thresholds {
namespace {

// Clang and g++ both have it; the ISO-only warning is silenced by __extension__.
__extension__ typedef __int128 Wide;

// 10^19 exceeds every 64-bit coefficient, so a larger difference of scales decides by itself; 10^18 times any fits in
// 127 bits.
constexpr int largest_shift = 18;

Wide shifted(std::int64_t coefficient, int digits) {
  Wide value = coefficient;
  for (int i = 0; i < digits; ++i) value *= 10;
  return value;
}

std::strong_ordering sign(std::int64_t coefficient) {
  return coefficient <=> 0;
}

constexpr int scale_max = 30;

std::optional<Number> number(Wide value, int scale) {
  while (scale > 0 && (value > INT64_MAX || value < INT64_MIN || scale > scale_max) && value % 10 == 0) {
    value /= 10;
    --scale;
  }
  if (value > INT64_MAX || value < INT64_MIN || scale > scale_max || scale < -scale_max) return std::nullopt;
  return Number{static_cast<std::int64_t>(value), scale};
}

std::optional<Number> sum(const Number& a, const Number& b, int sign_of_b) {
  const int scale = a.scale > b.scale ? a.scale : b.scale;
  if (scale - a.scale > largest_shift || scale - b.scale > largest_shift) return std::nullopt;
  return number(shifted(a.coefficient, scale - a.scale) + sign_of_b * shifted(b.coefficient, scale - b.scale), scale);
}

}  // namespace

std::optional<Number> plus(const Number& a, const Number& b) {
  return sum(a, b, 1);
}

std::optional<Number> minus(const Number& a, const Number& b) {
  return sum(a, b, -1);
}

std::optional<Number> times(const Number& a, const Number& b) {
  return number(static_cast<Wide>(a.coefficient) * b.coefficient, a.scale + b.scale);
}

std::optional<Number> divided(const Number& a, std::int64_t by, int decimals) {
  const int shift = decimals - a.scale;
  if (by == 0 || shift < 0 || shift > largest_shift) return std::nullopt;
  const Wide dividend = shifted(a.coefficient, shift), divisor = by;
  const Wide half = (divisor < 0 ? -divisor : divisor) / 2;
  return number((dividend + (dividend < 0 ? -half : half)) / divisor, decimals);
}

std::strong_ordering operator<=>(const Number& a, const Number& b) {
  if (sign(a.coefficient) != sign(b.coefficient)) return a.coefficient <=> b.coefficient;
  if (a.coefficient == 0) return std::strong_ordering::equal;
  if (a.scale == b.scale) return a.coefficient <=> b.coefficient;  // nearly always
  // The number with fewer decimals is brought to the other's scale.
  int shift_a = b.scale > a.scale ? b.scale - a.scale : 0;
  int shift_b = a.scale > b.scale ? a.scale - b.scale : 0;
  if (shift_a > largest_shift) return sign(a.coefficient);
  if (shift_b > largest_shift) return 0 <=> b.coefficient;
  Wide left = shifted(a.coefficient, shift_a);
  Wide right = shifted(b.coefficient, shift_b);
  if (left < right) return std::strong_ordering::less;
  return left > right ? std::strong_ordering::greater : std::strong_ordering::equal;
}

std::string text(const Number& number) {
  std::string digits = std::to_string(number.coefficient);
  if (number.scale <= 0) return number.coefficient == 0 ? digits : digits + std::string(-number.scale, '0');
  bool negative = digits.front() == '-';
  if (negative) digits.erase(0, 1);
  auto scale = static_cast<std::size_t>(number.scale);
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  digits.insert(digits.size() - scale, 1, '.');
  return negative ? "-" + digits : digits;
}

}  // namespace thresholds
