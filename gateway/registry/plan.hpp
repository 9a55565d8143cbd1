// A patient's plan: programmes and limits, versioned with who and when. Programme defaults are copied on enrolment (OpenTele's
// model, vendors.md A.3): a later edit of the programme does not reach patients who have it already.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json_reader.hpp"
#include "gateway/config/config.hpp"
#include "gateway/store/rows.hpp"
#include "thresholds/limits.hpp"

namespace gateway::registry {

struct PlannedLimit {
  thresholds::Limit limit;
  std::string origin;  // "personal", or the programme it was copied from
};

struct Plan {
  std::uint32_t version = 0;  // 0: never enrolled, no personal limits
  std::vector<std::string> programmes;
  std::vector<PlannedLimit> limits;

  bool judged() const { return version > 0 && (!programmes.empty() || !limits.empty()); }
  const PlannedLimit* limit_for(std::string_view kind, std::string_view component) const;
};

Plan plan_from(const store::Plan&);
// The limits as the API shows and stores them: a JSON array.
std::string limits_json(const std::vector<PlannedLimit>&);
// Body of PUT limits: {"limits":[...]}; every problem named. Values are numbers or decimal strings.
fhir::Result<std::vector<PlannedLimit>> limits_from_json(fhir::JsonValue body);

// Enrolment: limits of programmes newly named are copied in, later programmes win over earlier ones; a limit a person set stays
// (a clinician's value is never changed silently); limits copied from a programme that is left go with it, and where they stood in
// for those of a programme that stays, its limits come back: nobody is left unwatched by leaving one of two.
std::vector<PlannedLimit> enrol(const Plan& current, const std::vector<std::string>& programmes,
                                const std::vector<config::Programme>& known);

}  // namespace gateway::registry
