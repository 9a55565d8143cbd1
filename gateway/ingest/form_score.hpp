// The totals of a form that the patient's plan has rules on (thresholds/form_total.hpp): of a complete form a reading of its own, derived
// from the form's Observation. What is missing is never 0: an incomplete form has none.
#pragma once

#include <optional>
#include <vector>

#include "gateway/ingest/keys.hpp"
#include "gateway/ingest/prepare.hpp"
#include "gateway/ingest/score_reading.hpp"
#include "gateway/registry/plan.hpp"

namespace gateway::ingest {

struct FormScore {
  store::Key key{};                   // of one form and one way to sum it: a corrected form corrects its total
  std::optional<ScoreReading> total;  // none: the form is not complete
};

// `form` was judged and has its resource. One for each way in which the plan's rules sum this questionnaire; nothing for other kinds.
std::vector<FormScore> form_scores(const registry::Plan&, const store::Observation& form, const SourceFacts&, const Keys&);

}  // namespace gateway::ingest
