// What is said of a reading's quality beside its value: interpretations (a device's status flags, a laboratory's "H")
// and why there is no value at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fhir {

inline constexpr std::string_view data_absent_system = "http://terminology.hl7.org/CodeSystem/data-absent-reason";

// One coding of Observation.interpretation.
struct Interpretation {
  std::string system, code, display;
  bool operator==(const Interpretation&) const = default;
};

// The code system data-absent-reason of R4, whole. Row order is stored, so values are only ever appended.
enum class AbsentReason : std::uint8_t {
  none,  // there is a value
  unknown,
  asked_unknown,
  temp_unknown,
  not_asked,
  asked_declined,
  masked,
  not_applicable,
  unsupported,
  as_text,
  error,
  not_a_number,
  negative_infinity,
  positive_infinity,
  not_performed,
  not_permitted
};
std::string_view code(AbsentReason);                                // "not-a-number"; empty for none
std::string_view display(AbsentReason);                             // as published
std::optional<AbsentReason> absent_reason_named(std::string_view);  // by code; nothing for another word

}  // namespace fhir
