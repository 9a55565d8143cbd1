#include "adapters/strip_grade.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace adapters {
namespace {

struct Word {
  std::string_view word;
  fhir::Decimal grade;
};

// ours: a trace lies between negative and +1; nobody gives it a number.
constexpr fhir::Decimal trace{5, 1};

constexpr Word words[] = {
    {"neg", fhir::Decimal(0)}, {"neg.", fhir::Decimal(0)}, {"negative", fhir::Decimal(0)},
    {"-", fhir::Decimal(0)},   {"0", fhir::Decimal(0)},    {"+/-", trace},
    {"trace", trace},          {"+", fhir::Decimal(1)},    {"+1", fhir::Decimal(1)},
    {"1+", fhir::Decimal(1)},  {"1", fhir::Decimal(1)},    {"++", fhir::Decimal(2)},
    {"+2", fhir::Decimal(2)},  {"2+", fhir::Decimal(2)},   {"2", fhir::Decimal(2)},
    {"+++", fhir::Decimal(3)}, {"+3", fhir::Decimal(3)},   {"3+", fhir::Decimal(3)},
    {"3", fhir::Decimal(3)},   {"++++", fhir::Decimal(4)}, {"+4", fhir::Decimal(4)},
    {"4+", fhir::Decimal(4)},  {"4", fhir::Decimal(4)},
};

}  // namespace

std::optional<fhir::Decimal> strip_grade(std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const auto found =
      std::find_if(std::begin(words), std::end(words), [&](const Word& each) { return each.word == lower; });
  if (found == std::end(words)) return std::nullopt;
  return found->grade;
}

}  // namespace adapters
