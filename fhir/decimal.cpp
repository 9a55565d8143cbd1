#include "fhir/decimal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace fhir {
namespace {

// Every sum, product and aligned coefficient below fits: 2^63 * 10^19 < 2^127.
__extension__ typedef __int128 int128;

constexpr int max_digits = 18;
constexpr int max_scale = 30;
constexpr int max_shift = 19;  // 10^19 is the largest power a 64-bit coefficient can be multiplied with
constexpr std::int64_t max_coefficient = 999'999'999'999'999'999;

constexpr std::array<int128, max_shift + 1> powers = [] {
  std::array<int128, max_shift + 1> result{};
  int128 power = 1;
  for (auto& entry : result) {
    entry = power;
    power *= 10;
  }
  return result;
}();

constexpr int128 magnitude(int128 value) {
  return value < 0 ? -value : value;
}

Error does_not_fit() {
  return invalid("a decimal number outside the supported range of 18 digits");
}
Error not_a_number() {
  return invalid("not a decimal number");
}

// The one place that decides what a result may look like. Trailing zeros are given up only when the digits would not
// fit.
Result<Decimal> fit(int128 coefficient, int scale) {
  while (scale > 0 && (scale > max_scale || magnitude(coefficient) > max_coefficient)) {
    if (coefficient % 10 != 0) return does_not_fit();
    coefficient /= 10;
    --scale;
  }
  if (coefficient == 0) return Decimal(0, std::max(scale, 0));
  for (; scale < 0; ++scale) {
    if (magnitude(coefficient) > max_coefficient) return does_not_fit();
    coefficient *= 10;
  }
  if (magnitude(coefficient) > max_coefficient) return does_not_fit();
  return Decimal(static_cast<std::int64_t>(coefficient), scale);
}

// quotient is numerator / denominator cut towards zero, remainder what is left, both of the numerator's sign.
int128 half_to_even(int128 quotient, int128 remainder, int128 denominator, bool negative) {
  const int128 rest = magnitude(remainder);
  const int128 missing = magnitude(denominator) - rest;
  const bool away = rest > missing || (rest == missing && quotient % 2 != 0);
  if (!away) return quotient;
  return negative ? quotient - 1 : quotient + 1;
}

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

Result<Decimal> Decimal::parse(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (negative) ++at;

  std::int64_t coefficient = 0;
  int significant = 0;
  const auto take_digits = [&] {
    const char* const first = at;
    for (; at != end && is_digit(*at); ++at) {
      if (significant != 0 || *at != '0') {
        if (++significant > max_digits) continue;  // counted only: refused below
      }
      coefficient = coefficient * 10 + (*at - '0');
    }
    return at - first;
  };

  const bool leading_zero = at != end && *at == '0';
  const auto whole_digits = take_digits();
  if (whole_digits == 0 || (leading_zero && whole_digits > 1)) return not_a_number();
  std::ptrdiff_t scale = 0;
  if (at != end && *at == '.') {
    ++at;
    scale = take_digits();
    if (scale == 0) return not_a_number();
  }
  if (significant > max_digits || scale > 2 * max_scale) return does_not_fit();
  if (negative) coefficient = -coefficient;
  if (at == end && scale <= max_scale) return Decimal(coefficient, static_cast<int>(scale));

  int exponent = 0;
  if (at != end) {
    if (*at != 'e' && *at != 'E') return not_a_number();
    ++at;
    const bool down = at != end && *at == '-';
    if (at != end && (*at == '-' || *at == '+')) ++at;
    if (at == end) return not_a_number();
    for (; at != end && is_digit(*at); ++at) exponent = std::min(exponent * 10 + (*at - '0'), 9999);
    if (at != end) return not_a_number();
    if (!down) exponent = -exponent;
  }
  return fit(coefficient, static_cast<int>(scale) + exponent);
}

Result<Decimal> Decimal::scaled(std::int64_t value, int exponent) {
  return fit(value, -std::clamp(exponent, -9999, 9999));
}

void Decimal::append_to(std::string& out) const {
  // 20 characters of a 64-bit number; a scale beyond them is written by filling zeros.
  char digits[24];
  const char* const end = std::to_chars(digits, digits + sizeof digits, coefficient_).ptr;
  const char* first = digits;
  if (*first == '-') {
    out += '-';
    ++first;
  }
  const auto count = static_cast<int>(end - first);
  if (scale_ <= 0) {
    out.append(first, end);
    if (coefficient_ != 0) out.append(static_cast<std::size_t>(-scale_), '0');
  } else if (count > scale_) {
    out.append(first, end - scale_);
    out += '.';
    out.append(end - scale_, end);
  } else {
    out += "0.";
    out.append(static_cast<std::size_t>(scale_ - count), '0');
    out.append(first, end);
  }
}

std::string Decimal::text() const {
  std::string out;
  append_to(out);
  return out;
}

Decimal Decimal::canonical() const {
  if (coefficient_ == 0) return Decimal();
  std::int64_t coefficient = coefficient_;
  int scale = scale_;
  while (scale > 0 && coefficient % 10 == 0) {
    coefficient /= 10;
    --scale;
  }
  // A negative scale exists only by construction; written out as far as the digits fit.
  while (scale < 0 && magnitude(coefficient) <= max_coefficient / 10) {
    coefficient *= 10;
    ++scale;
  }
  return Decimal(coefficient, scale);
}

bool Decimal::is_integer() const {
  return scale_ <= 0 || canonical().scale_ <= 0;
}

Result<Decimal> Decimal::plus(Decimal other) const {
  Decimal coarse = *this, fine = other;
  if (coarse.scale_ > fine.scale_) std::swap(coarse, fine);
  if (fine.scale_ - coarse.scale_ > max_shift) {
    coarse = canonical();
    fine = other.canonical();
    if (coarse.scale_ > fine.scale_) std::swap(coarse, fine);
    if (coarse.coefficient_ == 0) return fit(fine.coefficient_, fine.scale_);
    // The sum would have more than 18 digits between its first and its last one.
    if (fine.scale_ - coarse.scale_ > max_shift) return does_not_fit();
  }
  const auto shift = static_cast<std::size_t>(fine.scale_ - coarse.scale_);
  return fit(coarse.coefficient_ * powers[shift] + fine.coefficient_, fine.scale_);
}

Result<Decimal> Decimal::minus(Decimal other) const {
  // -2^63 has no negation in 64 bits; it has 19 digits and is beyond what a result may be made of.
  if (magnitude(other.coefficient_) > INT64_MAX) return does_not_fit();
  return plus(Decimal(-other.coefficient_, other.scale_));
}

Result<Decimal> Decimal::times(Decimal other) const {
  return fit(static_cast<int128>(coefficient_) * other.coefficient_, scale_ + other.scale_);
}

Result<Decimal> Decimal::divided_by(Decimal other, int scale) const {
  if (other.coefficient_ == 0) return invalid("division by zero");
  if (scale < 0 || scale > max_scale) return does_not_fit();
  const bool negative = (coefficient_ < 0) != (other.coefficient_ < 0);
  int128 denominator = other.coefficient_;
  int shift = scale + other.scale_ - scale_;
  if (shift < -max_shift) return Decimal(0, scale);  // below a tenth of the last place
  if (shift < 0) {
    denominator *= powers[static_cast<std::size_t>(-shift)];
    shift = 0;
  }
  int128 quotient = coefficient_ / denominator;
  int128 remainder = coefficient_ % denominator;
  for (; shift > 0; --shift) {  // long division: neither side can overflow before the result is too long
    quotient = quotient * 10 + remainder * 10 / denominator;
    remainder = remainder * 10 % denominator;
    if (magnitude(quotient) > max_coefficient) return does_not_fit();
  }
  quotient = half_to_even(quotient, remainder, denominator, negative);
  if (magnitude(quotient) > max_coefficient) return does_not_fit();
  return Decimal(static_cast<std::int64_t>(quotient), scale);
}

Decimal Decimal::rounded(int scale) const {
  scale = std::max(scale, 0);
  if (scale_ <= scale) return *this;
  const int shift = scale_ - scale;
  if (shift > max_shift) return Decimal(0, scale);
  const int128 denominator = powers[static_cast<std::size_t>(shift)];
  const int128 quotient =
      half_to_even(coefficient_ / denominator, coefficient_ % denominator, denominator, coefficient_ < 0);
  return Decimal(static_cast<std::int64_t>(quotient), scale);
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  if (a.scale_ == b.scale_) return a.coefficient_ <=> b.coefficient_;
  const int sign_a = (a.coefficient_ > 0) - (a.coefficient_ < 0);
  const int sign_b = (b.coefficient_ > 0) - (b.coefficient_ < 0);
  if (sign_a != sign_b || sign_a == 0) return sign_a <=> sign_b;
  const int shift = a.scale_ - b.scale_;
  // Twenty places apart the one with fewer decimals is farther from zero: 10^20 > 2^63.
  if (shift > max_shift) return 0 <=> sign_b;
  if (shift < -max_shift) return sign_a <=> 0;
  const int128 left = shift < 0 ? a.coefficient_ * powers[static_cast<std::size_t>(-shift)] : a.coefficient_;
  const int128 right = shift > 0 ? b.coefficient_ * powers[static_cast<std::size_t>(shift)] : b.coefficient_;
  return left < right ? std::strong_ordering::less
                      : (left > right ? std::strong_ordering::greater : std::strong_ordering::equal);
}

}  // namespace fhir
