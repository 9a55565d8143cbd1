#include "fhir/check_digits.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace fhir {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

using Table = std::array<std::array<std::uint8_t, 10>, 10>;

// Multiplication in the dihedral group D5.
constexpr Table dihedral = {{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
                             {1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
                             {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
                             {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
                             {4, 0, 1, 2, 3, 9, 5, 6, 7, 8},
                             {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
                             {6, 5, 9, 8, 7, 1, 0, 4, 3, 2},
                             {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
                             {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
                             {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}}};

// Verhoeff's permutation by place from the right; it repeats after eight places.
constexpr std::array<std::array<std::uint8_t, 10>, 8> permutation = {{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
                                                                      {1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
                                                                      {5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
                                                                      {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
                                                                      {9, 4, 5, 3, 1, 2, 6, 8, 7, 0},
                                                                      {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
                                                                      {2, 7, 9, 3, 8, 0, 6, 4, 1, 5},
                                                                      {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}}};

}  // namespace

bool valid_loinc(std::string_view code) {
  const std::size_t hyphen = code.find('-');
  if (hyphen == std::string_view::npos || hyphen == 0 || hyphen > 7 || code.size() != hyphen + 2) return false;
  const std::string_view number = code.substr(0, hyphen);
  if (!all_digits(number) || !all_digits(code.substr(hyphen + 1))) return false;
  // The odd places from the right read as one number and doubled: summing the digits of that product equals doubling
  // place by place with carries, so the product is really formed. At most 4 digits, since codes have at most 7.
  unsigned odd_places = 0;
  unsigned sum = 0;
  for (std::size_t i = 0; i < number.size(); ++i) {
    const unsigned digit = static_cast<unsigned>(number[i] - '0');
    const bool odd_from_right = (number.size() - i) % 2 == 1;
    if (odd_from_right)
      odd_places = odd_places * 10 + digit;
    else
      sum += digit;
  }
  for (unsigned product = odd_places * 2; product > 0; product /= 10) sum += product % 10;
  return (10 - sum % 10) % 10 == static_cast<unsigned>(code.back() - '0');
}

bool valid_snomed(std::string_view code) {
  if (code.size() < 6 || code.size() > 18 || code.front() == '0' || !all_digits(code)) return false;
  std::uint8_t check = 0;
  for (std::size_t place = 0; place < code.size(); ++place) {
    const auto digit = static_cast<std::size_t>(code[code.size() - 1 - place] - '0');
    check = dihedral[check][permutation[place % 8][digit]];
  }
  return check == 0;
}

}  // namespace fhir
