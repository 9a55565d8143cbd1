#include "gateway/ingest/computed_score.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "fhir/observation.hpp"
#include "gateway/alarms/alarm_text.hpp"
#include "gateway/ingest/admit.hpp"
#include "gateway/ingest/annotate.hpp"
#include "gateway/ingest/form_score.hpp"
#include "gateway/ingest/news2_score.hpp"

namespace gateway::ingest {
namespace {

// OURS: how far ahead of a changed input a score is looked for where the plan has no rule on it any more: the longest age a rule may allow.
constexpr std::chrono::hours looked_ahead{24};

std::string identifier_of(const store::Observation& row) {
  return std::string(fhir::observation_identifier_of(fhir::observation_body_of(row.resource)));
}

void add_new(std::vector<AlarmId>& all, const std::vector<AlarmId>& more) {
  for (const AlarmId id : more) {
    if (std::find(all.begin(), all.end(), id) == all.end()) all.push_back(id);
  }
}

// The patient's stored scores of that kind, as this group leaves them.
std::map<ObservationId, store::Observation> scores_between(journal::Working& working, PatientId patient, fhir::Kind kind, fhir::Time from,
                                                           fhir::Time to) {
  std::map<ObservationId, store::Observation> scores;
  store::Reader::HistoryFilter filter;
  filter.patient = patient;
  filter.kind = kind;
  filter.from = from;
  filter.to = to;
  filter.most = scores_revised;
  for (store::Observation& row : working.reader.history(filter)) {
    const ObservationId id = row.id;
    scores.emplace(id, std::move(row));
  }
  for (const store::Observation& row : working.changes.observations) {
    if (row.patient != patient || row.kind != kind || row.measured < from || row.measured > to) continue;
    scores.insert_or_assign(row.id, row);
  }
  std::erase_if(scores, [](const auto& entry) {
    return entry.second.status == store::Status::entered_in_error || !is_computed(entry.second);
  });
  return scores;
}

bool rests_on(const store::Observation& score, const std::vector<ObservationId>& readings) {
  return std::any_of(readings.begin(), readings.end(),
                     [&](ObservationId id) { return score.resource.find("\"Observation/" + id.text() + "\"") != std::string::npos; });
}

void take_back(journal::Working& working, registry::PatientState& patient, store::Observation row, const SourceFacts& source,
               std::vector<AlarmId>& alarms) {
  const std::string body(fhir::observation_body_of(row.resource));
  row.version += 1;
  row.status = store::Status::entered_in_error;
  row.updated = working.now;
  render_resource(row, patient.patient, source, body);
  record_observation(working, row, "entered-in-error");
  add_new(alarms, annotate_alarms_on(working, patient, row.tenant, row.id,
                                     "Observation/" + row.id.text() + " (" + std::string(alarms::kind_text(row.kind)) +
                                         ") er trukket tilbake: det den bygger på gjelder ikke lenger"));
  if (patient.series) patient.series->take_away(row.id);
  working.patients.reload_later(patient.patient.id);
  working.changes.observations.push_back(std::move(row));
}

// As this group leaves it.
std::optional<store::Observation> current_of(journal::Working& working, const store::Key& key) {
  const std::int64_t known = working.find(key);
  if (known == 0) return std::nullopt;
  const store::Observation* written = working.written(ObservationId{known});
  return written != nullptr ? std::optional(*written) : working.reader.observation(ObservationId{known});
}

std::vector<AlarmId> store_one(journal::Working& working, registry::PatientState& patient, const store::Observation& trigger,
                               ScoreReading score, const SourceFacts& source, const JudgeSettings& settings) {
  const std::optional<store::Observation> current = current_of(working, score.row.key);
  // One that a recall took back stays so. One that was incomplete for a while is another resource now.
  if (current && current->recalled) return {};
  const bool anew = current && current->status == store::Status::entered_in_error;
  if (current && !anew && current->digest == score.row.digest) return {};
  const bool amends = current && !anew;
  store::Observation& row = score.row;
  row.id = amends ? current->id : ObservationId{working.next_id()};
  row.version = amends ? current->version + 1 : 1;
  row.status = amends ? store::Status::amended : store::Status::final_;
  row.patient = patient.patient.id;
  row.subject = trigger.subject;
  row.updated = working.now;
  std::string body = std::move(score.body);
  if (current) body = fhir::with_observation_identifier(body, amends ? identifier_of(*current) : anew_identifier(row.key, row.id));
  render_resource(row, patient.patient, source, body);
  std::vector<AlarmId> alarms = judge_reading(working, patient, row, source, {}, settings);
  record_observation(working, row, amends ? "amended" : "created");
  working.put(row.key, row.id.value);
  working.changes.observations.push_back(std::move(row));
  return alarms;
}

}  // namespace

bool is_computed(const store::Observation& row) {
  const auto& kinds = fhir::kinds();
  const bool score = row.kind == kinds.news2 || row.kind == kinds.cat || row.kind == kinds.questionnaire;
  return score && row.resource.find("\"derivedFrom\"") != std::string::npos;
}

std::vector<AlarmId> store_scores(journal::Working& working, registry::PatientState& patient, const store::Observation& trigger,
                                  const SourceFacts& source, const Keys& keys, const JudgeSettings& settings) {
  std::vector<AlarmId> alarms;
  if (std::optional<ScoreReading> news2 = news2_completed_by(patient, trigger, source, keys)) {
    add_new(alarms, store_one(working, patient, trigger, std::move(*news2), source, settings));
  }
  for (FormScore& form : form_scores(patient.plan, trigger, source, keys)) {
    if (form.total) {
      add_new(alarms, store_one(working, patient, trigger, std::move(*form.total), source, settings));
    } else if (std::optional<store::Observation> current = current_of(working, form.key);
               current && current->status != store::Status::entered_in_error) {
      take_back(working, patient, std::move(*current), source, alarms);
    }
  }
  return alarms;
}

std::vector<AlarmId> revise_scores(journal::Working& working, registry::PatientState& patient, fhir::Time from, fhir::Time to,
                                   const std::vector<ObservationId>& gone, const SourceFacts& source, const JudgeSettings& settings) {
  std::vector<AlarmId> alarms;
  const std::optional<std::chrono::minutes> age = news2_allowed_age(patient.plan);
  for (const fhir::Kind kind : {fhir::kinds().cat, fhir::kinds().questionnaire}) {
    if (gone.empty()) break;  // a corrected form corrects its total itself (store_scores)
    for (auto& [id, total] : scores_between(working, patient.patient.id, kind, from, to)) {
      if (rests_on(total, gone)) take_back(working, patient, std::move(total), source, alarms);
    }
  }
  for (auto& [id, score] : scores_between(working, patient.patient.id, fhir::kinds().news2, from, to + age.value_or(looked_ahead))) {
    if (!age) {  // nothing computes it any more; what rests on a reading that is gone goes with it
      if (rests_on(score, gone)) take_back(working, patient, std::move(score), source, alarms);
      continue;
    }
    registry::PatientSeries& series = working.patients.series(patient, score.measured, working.changes.observations);
    for (const ObservationId reading : gone) series.take_away(reading);
    std::optional<ScoreReading> now = news2_again(patient, score);
    if (!now) {
      take_back(working, patient, std::move(score), source, alarms);
      continue;
    }
    if (now->row.digest == score.digest) continue;
    store::Observation& row = now->row;
    row.id = score.id;
    row.version = score.version + 1;
    row.status = store::Status::amended;
    row.patient = score.patient;
    row.subject = score.subject;
    row.updated = working.now;
    const std::string body = fhir::with_observation_identifier(now->body, identifier_of(score));
    render_resource(row, patient.patient, source, body);
    add_new(alarms, judge_reading(working, patient, row, source, {}, settings));
    record_observation(working, row, "amended");
    working.changes.observations.push_back(std::move(row));
  }
  return alarms;
}

}  // namespace gateway::ingest
