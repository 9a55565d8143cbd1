// The circumstances a reading states of itself, as its resource carries them: extensions of ours. R4 has bodySite too, which is read; but
// VKP's blood pressure binds it to a list of codes, so that a sender's own words cannot stand there (norway.md 2.8). Words are those of
// docs/rules.md.
#pragma once

#include <string>
#include <string_view>

#include "fhir/json_reader.hpp"

namespace fhir {

inline constexpr std::string_view meal_extension = "urn:hjemport:meal";      // valueCode: before, after, fasting, bedtime
inline constexpr std::string_view oxygen_extension = "urn:hjemport:oxygen";  // valueCode: air, oxygen
inline constexpr std::string_view site_extension = "urn:hjemport:site";      // valueString: as the sender says it

struct Circumstances {
  std::string_view meal, oxygen;  // empty: not stated
  std::string_view site;          // else bodySite's text, else its first code
};

// Views into the resource's document.
Circumstances circumstances_of(JsonValue observation);
// Of a resource as text, without reading it: false when it certainly states none.
bool may_state_circumstances(std::string_view resource);
bool may_state_oxygen(std::string_view resource);
// As Observation.extension's objects, with commas between; empty when nothing is stated.
std::string circumstance_extensions(std::string_view meal, std::string_view oxygen, std::string_view site);

}  // namespace fhir
