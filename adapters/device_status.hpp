// What a device says about a reading it took: the status bits of IEEE 11073 device specialisations and the measurement
// status every metric may carry, as codings for Observation.interpretation or as a reason why there is no value. Shared
// by the adapters of standards and of vendors who know one of the bits.
#pragma once

#include <optional>
#include <string_view>

#include "adapters/measurement.hpp"

namespace adapters {

inline constexpr std::string_view status_bit_system = "http://terminology.hl7.org/CodeSystem/ASN1ToHL7";
inline constexpr std::string_view measurement_status_system = "http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status";

// MDC codes of the bit strings: a cuff's, an oximeter's, a glucose meter's.
inline constexpr std::string_view cuff_status = "8410608", oximeter_status = "150604", glucose_status = "8417752";
bool is_device_status(std::string_view mdc_code);

// One bit as "8410608.2"; nothing for a code or bit that is not listed.
std::optional<fhir::Interpretation> status_bit(std::string_view code);

// A word of the measurement status (HL7 uv-pocd, mapping of MeasurementStatus): what it makes of a reading.
struct StatusMeaning {
  std::optional<fhir::Interpretation> interpretation;
  fhir::AbsentReason absent{};  // the number beside it, if any, is no value
  bool test = false;            // test or demonstration data: never a patient's
};
// Nothing for a word that is not of the list. Both spellings are read: of the bits ("msmt-ongoing") and of the code system.
std::optional<StatusMeaning> measurement_status(std::string_view word);

// Appends unless it is there already; a reading has room for a device's whole bit string and not for a flood.
void add_interpretation(Measurement&, fhir::Interpretation);

}  // namespace adapters
