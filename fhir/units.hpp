// Units: what vendors write to UCUM, and exact conversion to a kind's canonical unit. Never guesses: a unit that is neither
// UCUM nor a listed alias is unknown (codes.md section 4).
#pragma once

#include <optional>
#include <string_view>

#include "fhir/decimal.hpp"
#include "fhir/kinds.hpp"

namespace fhir {

// UCUM code for a unit as sent: case-sensitive UCUM first, then the alias table ("mmHg" -> "mm[Hg]"). Aliases may depend on the
// kind ("C" is Cel only for a temperature). Empty when unknown. The result points at static text.
std::string_view ucum_code(std::string_view as_sent, Kind kind);

struct Converted {
  Decimal value;
  bool changed = false;  // false: the digits are those of the sender
};
// From UCUM `unit` to the canonical unit of `kind`; nothing when that unit cannot be this kind's.
std::optional<Converted> to_canonical(const Decimal& value, std::string_view unit, Kind kind);

// Human unit for Quantity.unit: "mmHg", "%"; "/min" is "beats/minute" or "breaths/minute" by kind. The UCUM code itself
// where nothing better is known.
std::string_view unit_display(std::string_view unit, Kind kind);

}  // namespace fhir
