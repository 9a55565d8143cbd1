// The rules a follow-up document is held to: FHIR R4's for document Bundles, the profiles vkp-Composition-v090 and
// vkp-DetectedIssue-v090, and what the hub's guides say beside them (norway.md 2.5 to 2.7). Each problem names the
// profile and the element, and holds no value of the document.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/json_reader.hpp"

namespace fhir {

inline constexpr std::string_view vkp_composition_profile =
    "http://ehelse.no/fhir/StructureDefinition/vkp-Composition-v090";
inline constexpr std::string_view vkp_detected_issue_profile =
    "http://ehelse.no/fhir/StructureDefinition/vkp-DetectedIssue-v090";
inline constexpr std::string_view vkp_composition_category =
    "http://ehelse.no/fhir/CodeSystem/vkp-composition-category-v090";
inline constexpr std::string_view vkp_composition_event = "http://ehelse.no/fhir/CodeSystem/vkp-composition-event-v090";
inline constexpr std::string_view vkp_composition_section =
    "http://ehelse.no/fhir/CodeSystem/vkp-composition-section-v090";
// Composition.type: LOINC "Summarization of episode note", as the hub's guides say.
inline constexpr std::string_view episode_note_code = "34133-9";

std::vector<std::string> follow_up_document_problems(JsonValue bundle);

}  // namespace fhir
