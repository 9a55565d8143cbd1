// From what a limit or a rule says of a reading to what the alarm machine hears of it, and of which alarm: one place for judging live
// and for back-testing, so that the two cannot differ. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "thresholds/alarm_state.hpp"
#include "thresholds/rule.hpp"

namespace thresholds {

// When a reading counts as late, and when as too old to call a person for (invariant 6).
struct AgePolicy {
  std::chrono::seconds late_after{3600};
  std::chrono::seconds alarm_horizon{24 * 3600};
};

// How a reading stands in time when it is judged.
struct Standing {
  Time measured{};
  bool late = false;
  bool superseded = false;  // a later-measured reading of the same patient and kind is judged already
  bool past_horizon = false;
  std::chrono::minutes may_be_later{0};  // as in Judged
};
Standing standing(Time measured, Time now, bool superseded, const AgePolicy&);

// Alarms of limits are told apart by kind, component and direction, those of rules by the rule's id. A limit's alarm hears of each
// verdict once per direction; none: the verdict says nothing of it. A breach of the other side is no return to normal; neither is a
// value inside a clear bound, nor what is undecidable, incomplete, pending or not spoken of now.
std::optional<Judged> judged_limit(const Verdict&, Direction, std::optional<Number> value, const Standing&);
std::optional<Judged> judged_rule(const Verdict&, const Standing&);

// "blood-pressure/systolic:warning_high"; without bound the limit's subject alone.
std::string_view bound_name(Bound);  // "warning_high"
std::string limit_rule(const Limit&, std::optional<Bound>);

// The reason shown with an alarm is that of its severity: the worst, and of equals the newest measured.
bool explains_better(const Judged&, Severity shown, Time measured);

// Whether a limit or rule rests on more readings than the newest of each series. Then an old reading that says nothing at its own time
// may complete what is true at the time of the newest, which was judged without it: senders that upload newest first would lose an
// alarm. It is tried there, too; only a breach counts, and only when no alarm of the rule is open.
bool looks_back(const Limit&);
bool looks_back(const Rule&);

// A window closed without a reading, `misses` times in a row by now (from 1). `open`: the alarm that stands, or null.
Severity missing_severity(const Rule&, int misses);
Step missed(const AlarmState* open, Severity, Time deadline, const AlarmPolicy&, Time now);

}  // namespace thresholds
