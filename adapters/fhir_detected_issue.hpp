// FHIR R4 DetectedIssue to event: shared by the adapters fhir and vkp.
#pragma once

#include "adapters/fhir_payload.hpp"

namespace adapters {

// What is known from around the finding (a document's alarm number, patient, place) and used where it says nothing
// itself.
struct AlertSurroundings {
  std::string record_id;
  Subject subject;
  std::optional<fhir::DateTime> time;
  std::string location;
  std::string text;      // put after the finding's own words
  fhir::JsonValue code;  // where the alert code stands when there is no finding; the resource is the Composition then
  bool always_an_event = false;  // false: a finding that is no alert of the national hub waits as unknown-kind
};

// The code of an alert of the national hub in a CodeableConcept; empty when there is none.
std::string vkp_alert_code_of(fhir::JsonValue concept_value);

void read_fhir_detected_issue(fhir::JsonValue resource, const FhirPayload&, const Context&, AlertSurroundings,
                              std::vector<Item>&);

}  // namespace adapters
