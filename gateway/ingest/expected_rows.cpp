#include "gateway/ingest/expected_rows.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "gateway/alarms/judgement.hpp"
#include "gateway/journal/alarm_writer.hpp"
#include "thresholds/supervision.hpp"

namespace gateway::ingest {
namespace {

std::optional<store::Observation> newest_of_any_kind(store::Reader& reader, const registry::PatientState& patient) {
  store::ObservationFilter filter;
  filter.tenant = patient.patient.tenant;
  filter.patients = {patient.patient.id};
  filter.sort = {fhir::SortKey::date, true};
  filter.limit = 1;
  const store::ObservationPage page = reader.search(filter);
  return page.rows.empty() ? std::nullopt : reader.observation(page.rows.front().id);
}

}  // namespace

std::vector<store::Expected>& expected_of(journal::Working& working, registry::PatientState& patient) {
  if (!patient.expected) patient.expected = working.reader.expected(patient.patient.id);
  return *patient.expected;
}

void keep(journal::Working& working, const store::Expected& row) { working.changes.expected.push_back(row); }

void drop(journal::Working& working, const store::Expected& row) {
  std::erase_if(working.changes.expected,
                [&](const store::Expected& written) { return written.patient == row.patient && written.rule == row.rule; });
  working.changes.dropped_expected.push_back({row.patient, row.rule});
}

bool source_is_silent(journal::Working& working, const registry::PatientState& patient, const std::vector<fhir::Kind>& kinds) {
  std::optional<store::Observation> newest;
  for (const fhir::Kind kind : kinds) {
    std::optional<store::Observation> one = working.reader.latest(patient.patient.id, kind);
    if (one && (!newest || newest->measured < one->measured)) newest = std::move(one);
  }
  if (kinds.empty()) newest = newest_of_any_kind(working.reader, patient);
  if (!newest) return false;
  for (const store::SourceSeen& seen : working.reader.sources_seen()) {
    if (seen.source == newest->source) return static_cast<thresholds::Liveness>(seen.state) != thresholds::Liveness::alive;
  }
  return false;
}

void end_alarm(journal::Working& working, registry::PatientState& patient, const std::string& identity, std::string_view note) {
  const alarms::Alarm* open = patient.open_alarm(identity);
  if (open == nullptr) return;
  const alarms::AlarmChange ended = alarms::apply_restored(*open, note, working.now);
  if (ended.alarm) journal::write_alarm(working, patient.patient.tenant, *ended.alarm, ended.change);
}

}  // namespace gateway::ingest
