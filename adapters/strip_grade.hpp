// Urine test strips. Vendors number the fields of their colour scales differently (OpenTele: +1 is ordinal 2 for
// protein and 1 for glucose), so a reading carries its grade counted in plus signs, which orders strips of all vendors
// alike and is what a limit compares; the vendor's word stays beside it.
#pragma once

#include <optional>
#include <string_view>

#include "fhir/decimal.hpp"

namespace adapters {

// negative 0, trace 0.5, +1 to +4; nothing when it is no word of a strip ("Neg.", "+/-", "trace", "+1", "1+", "++").
std::optional<fhir::Decimal> strip_grade(std::string_view word);

}  // namespace adapters
