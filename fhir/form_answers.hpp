// The answers of a form as numbers: what a QuestionnaireResponse says, and how the Observation that is stored of it carries them on, so
// that rules can ask for a single answer later.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/decimal.hpp"
#include "fhir/json_reader.hpp"

namespace fhir {

// On the Observation, one for each answer: {"url":"urn:hjemport:answer","extension":[{"url":"questionnaire","valueCanonical":…},
// {"url":"link","valueString":…},{"url":"value","valueDecimal":…}]}.
inline constexpr std::string_view answer_extension = "urn:hjemport:answer";

struct FormAnswer {
  std::string questionnaire;  // the canonical without its version: rules speak of the form
  std::string link;           // item.linkId
  Decimal value;              // a number, 1 or 0 of a yes or no, R4's ordinalValue of a coded one

  std::string question() const { return questionnaire + "|" + link; }
};

// Of a QuestionnaireResponse. Answers that are no number and stand for none are left out; so are all of a form that names none.
std::vector<FormAnswer> form_answers(JsonValue response);
// Of an Observation that carries them.
std::vector<FormAnswer> form_answers_of(JsonValue observation);
// As Observation.extension's objects, with commas between.
std::string answer_extensions(const std::vector<FormAnswer>&);

}  // namespace fhir
