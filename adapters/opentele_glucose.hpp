// The two glucose objects of an OpenTele questionnaire: a meter's whole memory (BS) and a CGM's events (CGM). Unlike
// the rest of a questionnaire their items carry the time they were measured.
#pragma once

#include <vector>

#include "adapters/draft.hpp"

namespace adapters {

// `start` knows whom the node is about and its note; each item continues from it. At least one item is added.
void read_glucose_memory(fhir::JsonValue object, const Draft& start, const Zone& zone, std::vector<Item>& items);
void read_glucose_events(fhir::JsonValue object, const Draft& start, const Zone& zone, std::vector<Item>& items);

}  // namespace adapters
