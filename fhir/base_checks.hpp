// What FHIR R4 itself asks of an Observation and of the datatypes in resources we make, without any profile: closed
// element lists, required elements, datatype shapes, and nothing empty.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/json_reader.hpp"

namespace fhir {

// A place in a resource with its path as FHIR writes it ("Observation.component[1].code"), also when nothing is there.
struct Element {
  JsonValue value;
  std::string path;

  Element operator[](std::string_view member) const { return {value[member], path + '.' + std::string(member)}; }
  bool present() const { return !value.absent(); }
  std::string_view text() const { return value.text().value_or(std::string_view()); }
  std::vector<Element> items() const;  // of an array; empty for anything else
};

class Problems {
 public:
  void add(std::string_view profile, const Element& at, std::string_view what);
  std::vector<std::string> found;  // "<profile>: <path>: <what>", in order of discovery
};

// True when the CodeableConcept has a coding with this system and code.
bool has_coding(const Element& concept_element, std::string_view system, std::string_view code);
int value_count(const Element& holder);  // members of value[x] of an Observation or component
bool one_of(std::string_view text, std::initializer_list<std::string_view> allowed);

void check_base(const Element& observation, Problems& problems);

// -- parts of it, for other resources
using ElementNames = std::initializer_list<std::string_view>;
// False, and a problem unless nothing is there, when it is no object. Other members than these are problems.
bool known_members(const Element&, ElementNames, Problems&);
void required(const Element&, Problems&);
void array_of(const Element&, Problems&, void (*check)(const Element&, Problems&));
void nothing_empty(const Element&, Problems&);
void check_string(const Element&, Problems&);
void check_identifier(const Element&, Problems&);
void check_concept(const Element&, Problems&);
void check_date_time(const Element&, Problems&);
void check_instant(const Element&, Problems&);

}  // namespace fhir
