// The circumstances a reading states of itself, as its resource carries them: Observation.bodySite, and extensions of ours where R4 has
// no element. Words are those of docs/rules.md.
#pragma once

#include <string>
#include <string_view>

#include "fhir/json_reader.hpp"

namespace fhir {

inline constexpr std::string_view meal_extension = "urn:hjemport:meal";      // valueCode: before, after, fasting, bedtime
inline constexpr std::string_view oxygen_extension = "urn:hjemport:oxygen";  // valueCode: air, oxygen

struct Circumstances {
  std::string_view meal, oxygen;  // empty: not stated
  std::string_view site;          // bodySite's text, else its first code
};

// Views into the resource's document.
Circumstances circumstances_of(JsonValue observation);
// As Observation.extension's objects, with commas between; empty when neither is stated.
std::string circumstance_extensions(std::string_view meal, std::string_view oxygen);

}  // namespace fhir
