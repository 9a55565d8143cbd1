// Recall: readings of a device, model, firmware, batch or period are taken back, because what measured them cannot be trusted. Each
// becomes entered-in-error for good, receivers are told by the journal, open alarms that rest on it say so, and what a patient's newest
// remaining reading means is judged again. Asked for in one commit; carried out from the journal in pages, so a restart goes on where it
// stopped.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/ingest/replay.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::ingest {

struct Recall {
  RecallId id;
  store::RecallFilter which;
  std::string firmware, batch;  // as the reading named them; empty: any
  std::string reason, who;      // for people; no national number

  bool narrowed() const;  // names something: a source or a device at least
  std::string json() const;  // the journal entry's data
  static std::optional<Recall> from_json(std::string_view);
  // Firmware and batch, which the store has no columns for.
  bool reaches(const store::Observation&) const;
};

// What it has done so far, or would do; written as the entry `done`.
struct RecallCount {
  std::int64_t readings = 0, patients = 0, alarms = 0;
  std::string json() const;
};

// Records the wish: a journal entry `asked`. On the committer's thread.
void ask_recall(journal::Working&, const Recall&);

// Series whose newest reading may have been taken away, with the measured time of the newest one that was.
using Touched = std::map<std::pair<PatientId, fhir::Kind>, fhir::Time>;

// One page of readings, on the committer's thread. Already recalled ones are left alone, so a page may be repeated.
void recall_page(journal::Working&, const std::vector<ObservationId>&, const Sources&, const JudgeSettings&, Touched&, RecallCount&);
// The series' newest remaining reading, if it is older than what was taken away: judged as the newest it is now.
void judge_again(journal::Working&, PatientId, fhir::Kind, fhir::Time taken_away, const Recall&, const Sources&, const JudgeSettings&);
void end_recall(journal::Working&, const Recall&, const RecallCount&);

}  // namespace gateway::ingest
