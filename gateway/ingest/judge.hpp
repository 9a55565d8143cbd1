// The clinical step: a placed reading against its patient's limits and rules in force (judge_reading.cpp), an event, a held reading of
// a known patient. Turns verdicts into alarm changes and says why, also when nothing happens (invariants 5, 6, 10).
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "gateway/ingest/hold.hpp"
#include "gateway/ingest/prepare.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::ingest {

struct JudgeSettings {
  std::chrono::seconds late_after{3600};
  std::chrono::seconds alarm_horizon{24 * 3600};
  std::chrono::seconds undecided_after{72 * 3600};  // a rule that no reading decided for so long is told (undecided.hpp)
  thresholds::AlarmPolicy alarms{};
};

// How a reading stands in time (invariant 6).
struct Timing {
  bool late = false, superseded = false, past_horizon = false;
};
Timing timing(journal::Working&, registry::PatientState&, const store::Observation&, const JudgeSettings&);

// Judges, fills row.late, row.superseded and row.judgement, and writes the alarms concerned. Returns those raised or changed. The row
// has its resource: words, answers and circumstances are read from it.
std::vector<AlarmId> judge_reading(journal::Working&, registry::PatientState&, store::Observation& row, const SourceFacts&,
                                   std::string_view device, const JudgeSettings&);

// `patient` may be null: a safety event raises an alarm all the same.
std::vector<AlarmId> judge_event(journal::Working&, registry::PatientState* patient, const store::Event& row,
                                 const SourceFacts&, const JudgeSettings&);

std::vector<AlarmId> judge_held(journal::Working&, registry::PatientState&, const Holding&,
                                const std::vector<store::ComponentValue>& values, const SourceFacts&, std::string_view device,
                                const JudgeSettings&);

// Several breaches older than the alarm horizon in one slice: one announced summary instead of many silent alarms.
struct Backlog {
  PatientId patient;
  int breaches = 0;
  fhir::Time newest{};
};
void summarise_backlog(journal::Working&, const std::vector<Backlog>&, const SourceFacts&, const JudgeSettings&);

}  // namespace gateway::ingest
