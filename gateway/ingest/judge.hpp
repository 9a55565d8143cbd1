// The clinical step: a placed reading against its patient's limits in force, an event, a held reading of a known patient. Turns
// verdicts into alarm changes and says why, also when nothing happens (invariants 5, 6, 10).
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
  thresholds::AlarmPolicy alarms{};
};

// Judges, fills row.late, row.superseded and row.judgement, and writes the alarms concerned. Returns those raised or changed.
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
