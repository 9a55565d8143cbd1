// FHIR R4 Observation and QuestionnaireResponse to items: shared by the adapters fhir, phd and vkp.
#pragma once

#include "adapters/fhir_payload.hpp"

namespace adapters {

// Which kind a CodeableConcept means: by the first coding that is known. 8867-4 beside a code of a pulse is a pulse.
struct FhirKind {
  fhir::Kind kind = fhir::Kind::unknown;
  bool contradictory = false;  // its codings are of different kinds
  std::string remark;          // a misprint that was read as what it means
};
FhirKind read_fhir_kind(fhir::JsonValue concept_value);

// `base` is what the caller knows already: a note, a fault, a subject that stands in where the resource names none.
void read_fhir_observation(fhir::JsonValue resource, const FhirPayload&, const Context&, Draft base,
                           std::vector<Item>&);
void read_fhir_questionnaire_response(fhir::JsonValue resource, const FhirPayload&, const Context&, Draft base,
                                      std::vector<Item>&);

}  // namespace adapters
