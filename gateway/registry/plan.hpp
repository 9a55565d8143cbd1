// A patient's plan: programmes, limits and rules, versioned with who and when. Programme defaults are copied on enrolment (OpenTele's
// model, vendors.md A.3): a later edit of the programme does not reach patients who have it already. The JSON is that of
// docs/rules.md, in canonical units, with the zone written out wherever wall time matters: what is stored means the same after the
// service's own zone changed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json_reader.hpp"
#include "gateway/config/config.hpp"
#include "gateway/registry/person_facts.hpp"
#include "gateway/store/rows.hpp"
#include "thresholds/rule.hpp"

namespace gateway::registry {

struct PlannedLimit {
  thresholds::Limit limit;
  std::string origin;  // "personal", or the programme it was copied from
};

struct PlannedRule {
  thresholds::Rule rule;  // copied from a programme: what it referred to stands in its place
  std::string origin;
};

struct Plan {
  std::uint32_t version = 0;  // 0: never enrolled, no personal limits
  std::vector<std::string> programmes;
  std::vector<PlannedLimit> limits;
  std::vector<PlannedRule> rules;
  PersonFacts person{};

  bool judged() const { return version > 0 && (!programmes.empty() || !limits.empty() || !rules.empty()); }
  const PlannedLimit* limit_for(std::string_view kind, std::string_view component) const;
};

// What is stored keeps judging although a newer version would refuse it; what cannot be read at all is left out.
Plan plan_from(const store::Plan&);
// The limits and the rules as the API shows and stores them: JSON arrays.
std::string limits_json(const std::vector<PlannedLimit>&);
std::string rules_json(const std::vector<PlannedRule>&);

// Body of PUT limits: {"limits":[...],"rules":[...],"person":{...}}, one of them at least; what is not given stays as it is. Every problem named. All
// are personal, whatever a shown one said before. `timezone`: the service's.
struct PersonalPlan {
  std::optional<std::vector<PlannedLimit>> limits;
  std::optional<std::vector<PlannedRule>> rules;
  std::optional<PersonFacts> person;
};
fhir::Result<PersonalPlan> personal_from_json(fhir::JsonValue body, const std::string& timezone);

// Enrolment: limits and rules of programmes newly named are copied in, later programmes win over earlier ones where both have one for
// the same readings, or a rule of one id. What a person set stays (a clinician's value is never changed silently), and a programme's
// does not come beside it. What was copied from a programme that is left goes with it, and where it stood in for that of a programme
// that stays, that comes back: nobody is left unwatched by leaving one of two. The version stays.
Plan enrol(const Plan& current, const std::vector<std::string>& programmes, const std::vector<config::Programme>& known);

}  // namespace gateway::registry
