#include "fhir/quality.hpp"

#include <array>
#include <cstddef>

namespace fhir {
namespace {

struct Row {
  std::string_view code, display;
};

// http://terminology.hl7.org/CodeSystem/data-absent-reason, R4 4.0.1, in the order of the enumeration.
constexpr std::array<Row, 16> rows = {{
    {"", ""},
    {"unknown", "Unknown"},
    {"asked-unknown", "Asked But Unknown"},
    {"temp-unknown", "Temporarily Unknown"},
    {"not-asked", "Not Asked"},
    {"asked-declined", "Asked But Declined"},
    {"masked", "Masked"},
    {"not-applicable", "Not Applicable"},
    {"unsupported", "Unsupported"},
    {"as-text", "As Text"},
    {"error", "Error"},
    {"not-a-number", "Not a Number (NaN)"},
    {"negative-infinity", "Negative Infinity (NINF)"},
    {"positive-infinity", "Positive Infinity (PINF)"},
    {"not-performed", "Not Performed"},
    {"not-permitted", "Not Permitted"},
}};

const Row& row(AbsentReason reason) {
  const auto index = static_cast<std::size_t>(reason);
  return rows[index < rows.size() ? index : 1];
}

}  // namespace

std::string_view code(AbsentReason reason) {
  return row(reason).code;
}

std::string_view display(AbsentReason reason) {
  return row(reason).display;
}

std::optional<AbsentReason> absent_reason_named(std::string_view word) {
  for (std::size_t i = 1; i < rows.size(); ++i)
    if (rows[i].code == word) return static_cast<AbsentReason>(i);
  return std::nullopt;
}

}  // namespace fhir
