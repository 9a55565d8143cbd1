// Alarms that a person decided to keep quiet for a while, as a pure decision: what is hidden, and until when. Time is passed in. A safety
// event, a technical cause and whatever is worse than the decision allows for cannot be hidden, and an alarm that is open already never is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "thresholds/alarm_state.hpp"

namespace thresholds {

struct Suppression {
  // A planned absence hides that readings are missing, and nothing else: what is measured in it is judged as always.
  enum class Of : std::uint8_t { absence, limit, rule } of = Of::absence;
  std::string target;                    // the limit's kind or the rule's id; empty for an absence
  Severity up_to = Severity::moderate;   // of a limit or a rule: nothing worse is hidden; critical never is
  Time from{}, until{};                  // [from, until)
  bool operator==(const Suppression&) const = default;
};

std::string_view name(Suppression::Of);

bool in_force(const Suppression&, Time at);
// Whether a new alarm of a limit on that kind, or of that rule, stays quiet when it is judged `now`.
bool hides_limit(const Suppression&, std::string_view kind, Severity, Time now);
bool hides_rule(const Suppression&, std::string_view rule, Severity, Time now);
// A reading that was expected in [begin, end] and did not come: in any part of it the patient was away.
bool hides_missing(const Suppression&, std::string_view rule, Severity, Time begin, Time end);

}  // namespace thresholds
