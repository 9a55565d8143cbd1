// Scores as readings of their own in a committer job: stored when a reading completes one, and set right when an input changes, comes late,
// is taken back or turns out to be somebody else's (invariant 6; a stored score never says what its inputs do not).
#pragma once

#include <optional>
#include <vector>

#include "gateway/ingest/judge.hpp"
#include "gateway/ingest/keys.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::ingest {

// The NEWS2 that `trigger`, written last, completes, or the totals of the form it is: stored, judged and recorded like any reading. A
// corrected form that is complete no more takes its total back. Alarms that were raised or changed.
std::vector<AlarmId> store_scores(journal::Working&, registry::PatientState&, const store::Observation& trigger, const SourceFacts&,
                                  const Keys&, const JudgeSettings&);

// Inputs measured in [from, to] are others than they were. Each stored score of an instant that looks there, at most scores_revised, the
// newest first, is computed again: a new version where it says something else, entered in error where it is complete no more, and alarms
// that rest on it are told. `gone`: readings taken away, which the store still has until this commit; a form's
// total goes with the form.
inline constexpr std::size_t scores_revised = 1000;  // OURS: three days of a score every five minutes
std::vector<AlarmId> revise_scores(journal::Working&, registry::PatientState&, fhir::Time from, fhir::Time to,
                                   const std::vector<ObservationId>& gone, const SourceFacts&, const JudgeSettings&);

// A score that was computed here and not sent by anybody.
bool is_computed(const store::Observation&);

}  // namespace gateway::ingest
