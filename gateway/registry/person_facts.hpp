// What rules have to know of a person and no reading says: a clinician's decision, versioned with who and when as part of the plan.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/json_reader.hpp"
#include "fhir/time.hpp"
#include "thresholds/history.hpp"

namespace gateway::registry {

struct PersonFacts {
  std::optional<std::chrono::year_month_day> born;  // NEWS2 is refused under 16; unknown refuses nothing
  std::optional<bool> pregnant;
  // 2 is for confirmed hypercapnic respiratory failure with a target of 88-92 % (clinical.md 1.1); it never follows from a diagnosis.
  int news2_scale = 1;
  std::string reason;  // why scale 2, for which it is required

  thresholds::Person at(fhir::Time) const;
  bool operator==(const PersonFacts&) const = default;
};

// {"born":"1950-03-01","pregnant":false,"news2_scale":2,"reason":"..."}, what is unknown left out.
std::string person_json(const PersonFacts&);
// The API's `person` member, every problem named.
fhir::Result<PersonFacts> person_from_json(fhir::JsonValue);
// As stored: what cannot be read is unknown.
PersonFacts stored_person(std::string_view json);

}  // namespace gateway::registry
