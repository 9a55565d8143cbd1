#include "thresholds/number.hpp"

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

}  // namespace

std::strong_ordering operator<=>(const Number& a, const Number& b) {
  if (sign(a.coefficient) != sign(b.coefficient)) return a.coefficient <=> b.coefficient;
  if (a.coefficient == 0) return std::strong_ordering::equal;
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
