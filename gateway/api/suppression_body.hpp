// What people send about suppressions: the body of a new one, and of a decision about one. Form and bounds only; whether the patient's plan
// has what it is of, and whether its state allows it, is known where it is written.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "fhir/json_reader.hpp"
#include "gateway/registry/suppression.hpp"

namespace gateway::api {

// OURS. Long enough for a stay or a journey, and for a limit that is known to be wrong until somebody sets it right.
inline constexpr std::chrono::days longest_absence{92}, longest_ahead{366};
inline constexpr std::chrono::days longest_quiet{14};         // of a limit or a rule, up to moderate
inline constexpr std::chrono::hours longest_severe_quiet{72}; // with severe alarms hidden
inline constexpr std::size_t reason_limit_bytes = 1000;

// {"of":"absence|limit|rule","target","up_to":"normal|moderate|severe","from","until","reason","by":{"id","name"},
//  "approved_by":{"id","name"},"warn_before_minutes"}. `client` is who sends it. `from` defaults to now and is never before it for a limit
// or a rule; an absence may have begun up to longest_ahead ago. Severe alarms are hidden only when another person approved. Errors name
// the member.
fhir::Result<registry::Suppression> suppression_from_json(fhir::JsonValue body, std::string_view client, const std::string& timezone,
                                                          fhir::Time now);

struct SuppressionDecision {
  enum class What : std::uint8_t { end, extend, review } what{};
  std::string note;  // of a review: what came of it; required
  alarms::Person by;
  std::optional<fhir::Time> until;        // of an extension
  std::optional<alarms::Person> approver;
};
// {"action":"end|extend|review","by":{"id","name"},"note","until","approved_by"}
fhir::Result<SuppressionDecision> decision_from_json(fhir::JsonValue body, std::string_view client);

// What forbids terms that would last until then, counted from `now`; nothing when they may.
std::optional<fhir::Error> refusal(const thresholds::Suppression&, const alarms::Person& by, const std::optional<alarms::Person>& approver,
                                   fhir::Time now);

}  // namespace gateway::api
