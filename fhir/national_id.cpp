#include "fhir/national_id.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace fhir {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int digit(std::string_view digits, std::size_t i) {
  return digits[i] - '0';
}
int two_digits(std::string_view digits, std::size_t i) {
  return digit(digits, i) * 10 + digit(digits, i + 1);
}

// Remainder of the weighted sum with its own control digit added (norway.md 1.2): 0 today, 0..3 for the first digit
// from 2032.
template <std::size_t N>
int remainder(std::string_view digits, const std::array<int, N>& weights) {
  int sum = digit(digits, N);
  for (std::size_t i = 0; i < N; ++i) sum += weights[i] * digit(digits, i);
  return sum % 11;
}

constexpr std::array<int, 9> first_weights = {3, 7, 6, 1, 8, 9, 4, 5, 2};
constexpr std::array<int, 10> second_weights = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
constexpr int relaxed_remainder_max = 3;  // Skatteetaten: numbers issued from 1 January 2032

// Month field without its offset: +80 Tenor and Test-Norge, +65 NHN's test persons, +40 NAV's synthetic persons and
// local H-numbers. 0 when no offset makes it a month.
int calendar_month(int field) {
  for (const int offset : {80, 65, 40, 0})
    if (const int month = field - offset; month >= 1 && month <= 12) return month;
  return 0;
}

// The century is unknown (after 2032 the individual number no longer tells), so a 29 February is accepted when any
// century has it: every year divisible by four, '00 because of 2000.
bool calendar_date(int day, int month, int year_of_century) {
  constexpr std::array<int, 13> days = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month == 0 || day < 1 || day > days[static_cast<std::size_t>(month)]) return false;
  return month != 2 || day != 29 || year_of_century % 4 == 0;
}

// "%41" to "A"; what is no escape stays.
std::string percent_decoded(std::string_view text) {
  const auto hex = [](char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool separates_halves(char c) {
  return c == ' ' || c == '+' || c == '-' || c == '.' || c == '\t';
}

bool holds_national_id(std::string_view text) {
  const auto run_length = [&](std::size_t from) {
    std::size_t end = from;
    while (end < text.size() && is_digit(text[end])) ++end;
    return end - from;
  };
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = run_length(i);
    if (length == 11 && classify_national_id(text.substr(i, 11))) return true;
    if (length == 6 && i + 7 < text.size() && separates_halves(text[i + 6]) && run_length(i + 7) == 5) {
      const std::string joined = std::string(text.substr(i, 6)) + std::string(text.substr(i + 7, 5));
      if (classify_national_id(joined)) return true;
    }
    i += length + 1;
  }
  return false;
}

}  // namespace

std::string_view NationalId::system() const {
  switch (kind) {
    case NationalIdKind::dnr:
      return dnr_system;
    case NationalIdKind::fhn:
      return fhn_system;
    case NationalIdKind::fnr:
      break;
  }
  return fnr_system;
}

std::optional<NationalId> classify_national_id(std::string_view digits) {
  if (digits.size() != 11 || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  const int first = remainder(digits, first_weights);
  if (first > relaxed_remainder_max || remainder(digits, second_weights) != 0) return std::nullopt;
  const bool relaxed = first != 0;

  // FH-numbers carry no date. Skatteetaten's rule of 2032 speaks of fødselsnummer and D-number only, and no source
  // extends it to NHN's series, so the stricter check stays: it is the only thing that tells a mistyped FH-number.
  if (digits[0] >= '8') {
    if (relaxed) return std::nullopt;
    return NationalId{.kind = NationalIdKind::fhn, .synthetic = false, .relaxed = false};
  }

  const bool d_number = digits[0] >= '4';
  const int day = two_digits(digits, 0) - (d_number ? 40 : 0);
  const int month_field = two_digits(digits, 2);
  if (!calendar_date(day, calendar_month(month_field), two_digits(digits, 4))) return std::nullopt;
  // Month +40 is either NAV's synthetic series or an institution's own H-number. Neither is a real person's national
  // number, so both are refused in production; nothing in the digits tells them apart.
  return NationalId{
      .kind = d_number ? NationalIdKind::dnr : NationalIdKind::fnr, .synthetic = month_field > 12, .relaxed = relaxed};
}

bool allowed_in(const NationalId& id, Environment environment) {
  if (id.kind == NationalIdKind::fhn) return true;
  return id.synthetic == (environment == Environment::test);
}

bool is_national_id_system(std::string_view system) {
  // The aliases are registered in the NamingSystems of no-basis as non-preferred: read, never written (norway.md 1.1).
  constexpr std::array<std::string_view, 6> systems = {
      fnr_system,
      dnr_system,
      fhn_system,
      "http://hl7.no/fhir/NamingSystem/FNR",
      "http://hl7.no/fhir/NamingSystem/DNR",
      "http://hl7.no/fhir/NamingSystem/FHNR",
  };
  return std::find(systems.begin(), systems.end(), system) != systems.end();
}

bool valid_organization_number(std::string_view digits) {
  if (digits.size() != 9 || !std::all_of(digits.begin(), digits.end(), is_digit)) return false;
  // norway.md 1.5. A check digit of 10 does not exist, which "sum with the digit added is divisible by 11" already
  // says. The first digit is not checked: published samples with a right checksum begin with 1 and 3 too.
  constexpr std::array<int, 8> weights = {3, 2, 7, 6, 5, 4, 3, 2};
  return remainder(digits, weights) == 0;
}

// The rule: eleven digits in a row and no digit beside them, or six and five of them split by one blank, plus, hyphen,
// dot or tab, that pass classification (check digits and date). Looked for in the text as it is and with its percent
// escapes resolved, since "%22" before a number would otherwise lengthen the run. Epochs and IMEIs are longer or
// shorter; an 11-digit number of another kind passes by chance about once in sixty.
bool may_contain_national_id(std::string_view text) {
  if (holds_national_id(text)) return true;
  return text.find('%') != std::string_view::npos && holds_national_id(percent_decoded(text));
}

}  // namespace fhir
