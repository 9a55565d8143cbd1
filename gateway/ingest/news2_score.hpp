// The NEWS2 that a reading completes. It is computed for patients whose plan has a rule on it, from the newest readings of its inputs no
// older than that rule allows; a set with anything missing gives none (a partial score is never stored as one).
#pragma once

#include <optional>

#include "gateway/ingest/keys.hpp"
#include "gateway/ingest/prepare.hpp"
#include "gateway/ingest/score_reading.hpp"
#include "gateway/registry/patients.hpp"

namespace gateway::ingest {

// `trigger` was judged and stands in the patient's series. One score an instant: another reading of that instant, or a correction,
// makes a new version of it.
std::optional<ScoreReading> news2_completed_by(registry::PatientState&, const store::Observation& trigger, const SourceFacts&, const Keys&);

// The same for an instant of which there is a score already: what its inputs say by now. The series are known as far back as it looks.
std::optional<ScoreReading> news2_again(registry::PatientState&, const store::Observation& score);

// How old an input may be by the patient's plan; none: no rule is on NEWS2.
std::optional<std::chrono::minutes> news2_allowed_age(const registry::Plan&);

}  // namespace gateway::ingest
