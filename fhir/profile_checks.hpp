// The profile rules we enforce on what we serve: FHIR R4 base, the HL7 vital-signs profiles and the general VKP Observation
// profile (norway.md 2.8). Each problem names the profile and the element. Used by tests, `convert --explain` and golden files.
#pragma once

#include <string>
#include <vector>

#include "fhir/json_reader.hpp"

namespace fhir {

std::vector<std::string> observation_problems(JsonValue observation);

}  // namespace fhir
