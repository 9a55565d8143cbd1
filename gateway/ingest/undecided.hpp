// Rules and limits that readings leave undecided: not enough measured, an input missing or too old. One that no reading decided for
// JudgeSettings::undecided_after is told once, as a technical alarm that ends by itself when it is decided (invariant 8: no data is
// never green). Since when one waits stands in the store (expected_rows.hpp). In committer jobs.
#pragma once

#include <string>

#include "gateway/ingest/judge.hpp"
#include "gateway/journal/working.hpp"
#include "thresholds/limits.hpp"

namespace gateway::ingest {

// What a reading that is the newest of its kind said of a rule, or of the limit at that place of the plan.
void rule_judged(journal::Working&, registry::PatientState&, const registry::PlannedRule&, thresholds::Outcome, fhir::Time measured,
                 const JudgeSettings&);
void limit_judged(journal::Working&, registry::PatientState&, std::size_t place, thresholds::Outcome, fhir::Time measured,
                  const JudgeSettings&);

// Its time ran out. A planned absence does not count; behind a silent source it is asked for again later.
void undecided_for_long(journal::Working&, registry::PatientState&, store::Expected&, const std::string& tenant_name, const JudgeSettings&);

// For a changed plan: whether the row waits for a rule or limit that says the same as before; the end of its alarm.
bool still_undecided(const registry::PatientState&, const store::Expected&);
void end_undecided(journal::Working&, registry::PatientState&, const std::string& rule, std::string_view note);

}  // namespace gateway::ingest
