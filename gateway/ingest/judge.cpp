#include "gateway/ingest/judge.hpp"

#include <algorithm>

#include "fhir/json_writer.hpp"
#include "gateway/alarms/alarm_text.hpp"
#include "gateway/alarms/judgement.hpp"
#include "gateway/ingest/annotate.hpp"
#include "gateway/ingest/event_finding.hpp"
#include "gateway/journal/alarm_writer.hpp"

namespace gateway::ingest {
namespace {

thresholds::Number number(const fhir::Decimal& value) { return {value.coefficient(), value.scale()}; }

// The limits that concern a kind: its own; a heart-rate limit also judges pulse-rate unless the patient has a pulse-rate one
// (design.md 8.2).
fhir::Kind limits_kind(const registry::Plan& plan, fhir::Kind kind) {
  const fhir::KnownKinds& known = fhir::kinds();
  if (kind != known.pulse_rate) return kind;
  for (const registry::PlannedLimit& planned : plan.limits) {
    if (planned.limit.kind == fhir::info(known.pulse_rate).name) return kind;
  }
  return known.heart_rate;
}

// What happens to the alarm of one identity, with or without a patient.
template <class Apply>
std::vector<AlarmId> change_alarm(journal::Working& working, registry::PatientState* patient, store::Tenant tenant,
                                  const std::string& identity, const JudgeSettings& settings, const Apply& apply) {
  const std::optional<alarms::Alarm> found = journal::find_open_alarm(working, patient, tenant, identity);
  const alarms::Alarm* open = found ? &*found : nullptr;
  alarms::Judging judging{AlarmId{open == nullptr ? working.next_id() : 0}, working.now, settings.alarms};
  alarms::AlarmChange step = apply(open, judging);
  if (!step.alarm) return {};
  journal::write_alarm(working, tenant, *step.alarm, step.change);
  return {step.alarm->id};
}

// The cause of technical alarms of the same thing is gone. One from before the cause began ends nothing (invariant 6).
std::vector<AlarmId> restore(journal::Working& working, registry::PatientState* patient, const store::Event& row,
                             const SourceFacts& source) {
  std::vector<AlarmId> ended;
  const PatientId owner = patient == nullptr ? PatientId{} : patient->patient.id;
  for (const fhir::EventKind kind : fhir::ended_by(row.kind)) {
    alarms::TechnicalCause cause;
    cause.cause = fhir::info(kind).name;
    cause.thing = alarms::used_by(thing_of(row, source), owner);
    const auto open = journal::find_open_alarm(working, patient, source.tenant_no, alarms::identity(cause));
    if (!open || row.measured < open->measured) continue;
    alarms::AlarmChange step = alarms::apply_restored(*open, event_words(row), working.now);
    if (!step.alarm) continue;
    ended.push_back(step.alarm->id);
    journal::write_alarm(working, source.tenant_no, *step.alarm, step.change);
  }
  return ended;
}

// What a device says of an alarm that stands: in the log of each open alarm of its thing a person was called for, and ending none.
std::vector<AlarmId> note_on_alarms(journal::Working& working, registry::PatientState* patient, const store::Event& row,
                                    const SourceFacts& source) {
  std::vector<AlarmId> told;
  const std::string note = event_words(row);
  for (const fhir::EventInfo& kind : fhir::all_events()) {
    if (kind.technical != fhir::Technical::no) continue;
    alarms::SafetyEvent event;
    if (patient != nullptr) event.patient = patient->patient.id;
    event.thing = thing_of(row, source);
    event.kind = kind.kind;
    const auto open = journal::find_open_alarm(working, patient, source.tenant_no, alarms::identity(event));
    if (!open || open->measured > row.measured) continue;
    // A patient's other devices have nothing to do with it: what a home's controller cancels leaves the dispenser's alarm.
    if (!same_home(open->device, content_text(row, "device"))) continue;
    alarms::AlarmChange step = alarms::annotate(*open, note, working.now);
    told.push_back(step.alarm->id);
    journal::write_alarm(working, source.tenant_no, *step.alarm, step.change);
  }
  return told;
}

}  // namespace

Timing timing(journal::Working& working, registry::PatientState& patient, const store::Observation& row, const JudgeSettings& settings) {
  const auto age = working.now - row.measured;
  const bool superseded = registry::precedes(row, working.patients.latest(patient, row.kind));
  return {age > settings.late_after, superseded, age > settings.alarm_horizon};
}

std::vector<AlarmId> judge_event(journal::Working& working, registry::PatientState* patient, const store::Event& row,
                                 const SourceFacts& source, const JudgeSettings& settings) {
  const PatientId owner = patient == nullptr ? PatientId{} : patient->patient.id;
  const EventFinding finding = event_finding(row, owner, source, working.now, settings);
  if (const auto* cause = std::get_if<alarms::TechnicalCause>(&finding)) {
    return change_alarm(working, patient, source.tenant_no, alarms::identity(*cause), settings,
                        [&](const alarms::Alarm* open, const alarms::Judging& judging) {
                          return alarms::apply_technical(open, *cause, judging);
                        });
  }
  if (const auto* event = std::get_if<alarms::SafetyEvent>(&finding)) {
    return change_alarm(working, patient, source.tenant_no, alarms::identity(*event), settings,
                        [&](const alarms::Alarm* open, const alarms::Judging& judging) {
                          return alarms::apply_event(open, *event, judging);
                        });
  }
  if (row.kind == fhir::EventKind::alarm_note) return note_on_alarms(working, patient, row, source);
  return restore(working, patient, row, source);
}

std::vector<AlarmId> judge_held(journal::Working& working, registry::PatientState& patient, const Holding& holding,
                                const std::vector<store::ComponentValue>& values, const SourceFacts& source,
                                std::string_view device, const JudgeSettings& settings) {
  alarms::HeldReading held;
  held.tenant = source.tenant;
  held.patient = patient.patient.id;
  held.kind = holding.kind;
  held.reason = holding.reason;
  held.measured = std::min(holding.measured.value_or(working.now), working.now);
  held.device = device;
  store::Observation row;  // as far as time goes
  row.kind = holding.kind;
  row.measured = held.measured;
  const Timing when = timing(working, patient, row, settings);
  held.late = when.late;
  held.superseded = when.superseded;
  held.past_horizon = when.past_horizon;

  const std::string_view limit_kind = fhir::info(limits_kind(patient.plan, holding.kind)).name;
  for (const store::ComponentValue& value : values) {
    if (value.kind == holding.kind) {
      held.value = value.value;
      held.unit = fhir::info(value.kind).unit;
    }
    const std::string_view component = value.kind == holding.kind ? std::string_view() : fhir::info(value.kind).name;
    for (const registry::PlannedLimit& planned : patient.plan.limits) {
      const thresholds::Limit& limit = planned.limit;
      if (limit.kind != limit_kind || limit.component != component || limit.baseline) continue;
      if (!limit.applies.holds(held.measured, {})) continue;
      thresholds::Sample sample;
      sample.kind = limit.kind;
      sample.component = limit.component;
      sample.value = number(value.value);
      sample.comparator = static_cast<thresholds::Comparator>(value.comparator);
      held.would_breach |= thresholds::judge(limit, sample).outcome == thresholds::Outcome::breach;
    }
  }
  const alarms::TechnicalCause cause = alarms::technical_cause(held);
  return change_alarm(working, &patient, source.tenant_no, alarms::identity(cause), settings,
                      [&](const alarms::Alarm* open, const alarms::Judging& judging) {
                        return alarms::apply_technical(open, cause, judging);
                      });
}

void summarise_backlog(journal::Working& working, const std::vector<Backlog>& backlog, const SourceFacts& source,
                       const JudgeSettings& settings) {
  for (const Backlog& one : backlog) {
    if (one.breaches < 2) continue;
    registry::PatientState* patient = working.patients.find(one.patient);
    if (patient == nullptr) continue;
    alarms::TechnicalCause cause;
    cause.tenant = source.tenant;
    cause.patient = one.patient;
    cause.cause = "backlog-summary";
    cause.thing = one.patient.text();
    cause.text = std::to_string(one.breaches) + " eldre målinger utenfor grensene kom samlet";
    cause.severity = thresholds::Severity::moderate;
    cause.measured = one.newest;
    cause.late = true;
    change_alarm(working, patient, source.tenant_no, alarms::identity(cause), settings,
                 [&](const alarms::Alarm* open, const alarms::Judging& judging) {
                   return alarms::apply_technical(open, cause, judging);
                 });
  }
}

}  // namespace gateway::ingest
