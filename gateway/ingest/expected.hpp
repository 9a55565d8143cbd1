// Readings that a patient's plan expects, live: what is expected next, what a reading that came means, and what it means that none came.
// As a back-test has it (thresholds/backtest.cpp). In committer jobs; the rows in the store are what is remembered.
#pragma once

#include <string>

#include "gateway/ingest/judge.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::ingest {

// The plan has changed: rules on missing readings that are new or say something else begin now, those that went are forgotten and their
// alarms end as restored.
void follow_plan(journal::Working&, registry::PatientState&);

// A reading with a value was committed: it meets what waits for it, and an alarm that something was missing ends.
void reading_came(journal::Working&, registry::PatientState&, const store::Observation&);

// The patient is back before the planned time: what is expected every so often is so from now on.
void absence_ended(journal::Working&, registry::PatientState&, fhir::Time planned, fhir::Time now);

// Decides what ran out for one rule by now, once for each expectation, with what is known by now. A patient whose readings come through
// a source that is silent is asked again later: the source's alarm is the alarm. A rule that waits to be decided is undecided.hpp's.
void decide_missing(journal::Working&, PatientId, const std::string& rule, const std::string& tenant_name, const JudgeSettings&);

}  // namespace gateway::ingest
