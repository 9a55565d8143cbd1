// A reading of no kind of ours, as its source's mapping states it: codes, unit and value are taken as they are. It is stored and
// shown, and never judged: nothing here knows what it means.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fhir/decimal.hpp"

namespace fhir {

struct StatedCoding {
  std::string system, code, display;
};

struct StatedConcept {
  std::vector<StatedCoding> codings;
  std::string text;
};

struct StatedValue {
  enum class Form { quantity, text, concept_ } form = Form::quantity;
  Decimal number;                         // quantity
  std::string unit, unit_system, unit_code;  // any may be empty
  std::string text;                       // text
  StatedConcept concept_value;            // concept_
};

struct StatedComponent {
  StatedConcept code;
  StatedValue value;
};

struct Stated {
  StatedConcept code;
  std::vector<StatedConcept> categories;
  std::optional<StatedValue> value;
  std::vector<StatedComponent> components;
};

// "system|code" of the first coding, else the text: tells what is measured apart in keys.
std::string stated_name(const StatedConcept& code);

// {"coding":[…],"text":"…"}
void append_stated_concept(std::string& out, const StatedConcept&);
// "value…": … and "component":[…], comma between them; dataAbsentReason when there is neither.
void append_stated_values(std::string& out, const Stated&);

}  // namespace fhir
