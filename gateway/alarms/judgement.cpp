#include "gateway/alarms/judgement.hpp"

#include <algorithm>
#include <utility>

#include "gateway/alarms/alarm_text.hpp"
#include "gateway/alarms/finding.hpp"

namespace gateway::alarms {
namespace {

using thresholds::Change;

thresholds::Number number(const fhir::Decimal& value) { return {value.coefficient(), value.scale()}; }

// ---- limits

std::string_view component_name(const LimitReading& reading) {
  return reading.component == fhir::Kind::unknown ? std::string_view() : fhir::info(reading.component).name;
}

fhir::Kind measured_kind(const LimitReading& reading) {
  return reading.component == fhir::Kind::unknown ? reading.kind : reading.component;
}

std::string_view bound_name(thresholds::Bound bound) {
  switch (bound) {
    case thresholds::Bound::alert_low:
      return "alert_low";
    case thresholds::Bound::warning_low:
      return "warning_low";
    case thresholds::Bound::warning_high:
      return "warning_high";
    case thresholds::Bound::alert_high:
      return "alert_high";
  }
  return "";
}

Reason limit_reason(const LimitReading& reading, Time now) {
  Reason reason;
  reason.rule = std::string(fhir::info(reading.kind).name);
  if (std::string_view component = component_name(reading); !component.empty())
    reason.rule.append("/").append(component);
  if (reading.verdict.bound) reason.rule.append(":").append(bound_name(*reading.verdict.bound));
  reason.version = reading.limit_version;
  reason.text = limit_text(reading, now);
  if (reading.verdict.limit)
    reason.limit = fhir::Decimal(reading.verdict.limit->coefficient, reading.verdict.limit->scale);
  reason.value = reading.value;
  reason.unit = std::string(fhir::info(measured_kind(reading)).unit);
  return reason;
}

// Clocks are put back by an hour wherever home monitoring is likely to be.
constexpr std::chrono::hours doubled_span{1};

thresholds::Judged judged(const LimitReading& reading, thresholds::Direction direction, bool breach) {
  thresholds::Judged judged;
  judged.breach = breach;
  if (breach) {
    judged.severity = reading.verdict.severity;
    judged.bound = reading.verdict.bound;
  }
  judged.direction = direction;
  judged.value = number(reading.value);
  judged.measured = reading.measured;
  judged.superseded = reading.superseded;
  if (reading.doubled_hour) judged.may_be_later = doubled_span;
  judged.past_horizon = reading.past_horizon;
  return judged;
}

Occurrence occurrence(const LimitReading& reading, Time now) {
  return {now, reading.measured, reading.observation, reading.value,
          std::string(fhir::info(measured_kind(reading)).unit)};
}

Finding finding(const LimitReading& reading, thresholds::Direction direction, bool breach, Time now) {
  Finding found;
  found.tenant = reading.tenant;
  found.patient = reading.patient;
  found.origin = Origin::limit;
  found.code = limit_code();
  found.identity = identity(reading, direction);
  found.reason = limit_reason(reading, now);
  found.occurrence = occurrence(reading, now);
  found.device = reading.device;
  found.judged = judged(reading, direction, breach);
  found.late = reading.late;
  return found;
}

std::string_view quiet_reason(const LimitReading& reading) {
  if (reading.verdict.outcome == thresholds::Outcome::within) return reading.verdict.clears ? "no-breach" : "inside-clear-bound";
  if (reading.verdict.outcome == thresholds::Outcome::breach) return "other-direction";
  return thresholds::name(reading.verdict.outcome);
}

}  // namespace

std::string identity(const LimitReading& reading, thresholds::Direction direction) {
  return limit_identity(reading.patient, fhir::info(reading.kind).name, component_name(reading), direction);
}

AlarmChange apply_limit(const Alarm* open, thresholds::Direction direction, const LimitReading& reading,
                        const Judging& judging) {
  const thresholds::Verdict& verdict = reading.verdict;
  // A breach of the other side is no return to normal, nor is a value nobody could decide on.
  const bool breach = verdict.outcome == thresholds::Outcome::breach && verdict.direction == direction;
  const bool normal = verdict.outcome == thresholds::Outcome::within && verdict.clears;
  AlarmChange change = hear(open, {finding(reading, direction, breach, judging.now), normal, reading_text(reading)}, judging);
  if (change.reason == not_concerned) change.reason = quiet_reason(reading);
  return change;
}

std::string identity(const SafetyEvent& event) {
  return event.patient ? event_identity(event.patient, event.kind) : event_identity(event.thing, event.kind);
}

AlarmChange apply_event(const Alarm* open, const SafetyEvent& event, const Judging& judging) {
  Finding found;
  found.tenant = event.tenant;
  found.patient = event.patient;
  found.origin = Origin::event;
  found.code = event_code(event.kind);
  found.identity = identity(event);
  found.reason.rule = std::string(fhir::info(event.kind).name);
  found.reason.text = event_text(event, judging.now);
  found.occurrence.at = judging.now;
  found.occurrence.measured = event.measured;
  found.device = event.device;
  found.contact = event.contact;
  found.late = event.late;
  found.judged.breach = true;
  found.judged.safety_press = true;
  found.judged.severity = thresholds::Severity::critical;  // design.md section 7
  found.judged.measured = event.measured;
  return applied(open, std::move(found), judging);
}

std::string used_by(std::string thing, PatientId patient) {
  return patient ? std::move(thing) + "@" + patient.text() : thing;
}

std::string identity(const TechnicalCause& cause) {
  return technical_identity(cause.cause, cause.thing);
}

AlarmChange apply_technical(const Alarm* open, const TechnicalCause& cause, const Judging& judging) {
  Finding found;
  found.tenant = cause.tenant;
  found.patient = cause.patient;
  found.origin = Origin::technical;
  found.code = technical_code(cause.cause);
  found.identity = identity(cause);
  found.reason.rule = cause.cause;
  found.reason.text = cause.text.empty() ? found.code.display : cause.text;
  found.reason.value = cause.value;
  found.reason.unit = cause.unit;
  found.occurrence = {judging.now, cause.measured, {}, cause.value, cause.unit};
  found.device = cause.device;
  found.contact = cause.contact;
  found.late = cause.late;
  found.judged.breach = true;
  found.judged.severity = cause.severity;
  found.judged.measured = cause.measured;
  found.judged.superseded = cause.superseded;
  found.judged.past_horizon = cause.past_horizon;
  return applied(open, std::move(found), judging);
}

TechnicalCause technical_cause(const HeldReading& held) {
  TechnicalCause cause;
  cause.tenant = held.tenant;
  cause.patient = held.patient;
  cause.cause = "quarantined-reading";
  cause.thing = held.patient.text() + "/" + std::string(fhir::info(held.kind).name);
  cause.text = held_text(held);
  // Invariant 5. A reading that could not be read at all may hide anything, but not every one may cry wolf: moderate.
  cause.severity = held.would_breach ? thresholds::Severity::severe : thresholds::Severity::moderate;
  cause.measured = held.measured;
  cause.device = held.device;
  cause.value = held.value;
  cause.unit = held.unit;
  cause.late = held.late;
  cause.superseded = held.superseded;
  cause.past_horizon = held.past_horizon;
  return cause;
}

AlarmChange apply_restored(const Alarm& open, std::string_view note, Time now) {
  if (open.origin != Origin::missing && open.origin != Origin::technical) return unchanged("closed-by-people-only");
  thresholds::Step step = thresholds::restore(open.machine);
  if (step.change == Change::none) return unchanged(step.reason);
  Alarm next = next_version(open, step, now);
  next.closing = "restored";
  next.owner.reset();
  next.deadline.reset();
  log(next, {now, std::nullopt, "restored", std::string(note)});
  return {std::move(next), step.change, step.announce, step.reason};
}

AlarmChange apply_patient_known(const Alarm& open, PatientId patient, bool taken, Time now) {
  if (open.patient) return unchanged("patient-known");
  Alarm next = next_version(open, {open.machine, Change::action, false, "patient-known"}, now);
  next.patient = patient;
  if (!taken) {
    next.identity = open.origin == Origin::technical ? used_by(open.identity, patient)
                                                     : event_identity(patient, fhir::event_named(next.reason.rule));
  }
  log(next, {now, std::nullopt, "patient-known", {}});
  return {std::move(next), Change::action, false, "patient-known"};
}

AlarmChange annotate(const Alarm& alarm, std::string_view note, Time now) {
  Alarm next = next_version(alarm, {alarm.machine, Change::action, false, "annotated"}, now);
  log(next, {now, std::nullopt, "annotated", std::string(note)});
  return {std::move(next), Change::action, false, "annotated"};
}

}  // namespace gateway::alarms
