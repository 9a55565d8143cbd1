// A value that a patient's own last readings make far less likely than that its unit was mistaken: pounds sent as kilograms,
// mg/dL sent as mmol/L, and the reverse. Pure. It claims nothing without history, and nothing that could be a change of the
// patient: what it holds raises the technical alarm of invariant 5, so a wrong claim costs a look, not a reading.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "gateway/registry/patients.hpp"

namespace gateway::ingest {

// Whether readings of this kind are looked at: those whose two units are both in use in homes and lie within one plausible range.
// Fahrenheit as Celsius, kPa as mm[Hg] and their reverse are outside the range of their kind whatever the patient's are.
bool guarded(fhir::Kind);

struct UnitSlip {
  std::string_view looks_like;  // a sentence for the operator; no values
  fhir::Decimal meant;          // the value if so, canonical unit
};

// `value` in the kind's canonical unit; `past` as registry::Patients gives it, the reading itself among it or not.
std::optional<UnitSlip> unit_slip(fhir::Kind, const fhir::Decimal& value, fhir::Time measured, ObservationId self,
                                  std::span<const registry::PastReading> past);

}  // namespace gateway::ingest
