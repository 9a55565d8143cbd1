#include "gateway/alarms/judgement.hpp"

#include <algorithm>
#include <utility>

#include "gateway/alarms/alarm_text.hpp"

namespace gateway::alarms {
namespace {

using thresholds::Change;

thresholds::Number number(const fhir::Decimal& value) {
  return {value.coefficient(), value.scale()};
}

// What opens an alarm or adds to it, whatever its origin.
struct Finding {
  std::string tenant;
  PatientId patient;
  Origin origin = Origin::limit;
  Coding code;
  std::string identity;
  Reason reason;
  Occurrence occurrence;
  std::string device, contact;
  thresholds::Judged judged;
  bool late = false;
};

AlarmChange unchanged(std::string_view reason) {
  return {std::nullopt, Change::none, false, reason};
}

void insert_by_measured(std::vector<Occurrence>& occurrences, Occurrence occurrence) {
  // Before its equals: of two readings of one instant the one that came last is the newer.
  auto place = std::find_if(occurrences.begin(), occurrences.end(),
                            [&](const Occurrence& other) { return other.measured <= occurrence.measured; });
  occurrences.insert(place, std::move(occurrence));
  if (occurrences.size() > occurrences_kept) occurrences.pop_back();
}

AlarmChange raised(Finding finding, const Judging& judging) {
  thresholds::Step step = thresholds::raise(finding.judged);
  Alarm alarm;
  alarm.id = judging.fresh;
  alarm.tenant = std::move(finding.tenant);
  alarm.patient = finding.patient;
  alarm.origin = finding.origin;
  alarm.code = std::move(finding.code);
  alarm.machine = step.next;
  alarm.announce = step.announce;
  alarm.late = finding.late;
  alarm.superseded = finding.judged.superseded;
  alarm.raised = alarm.updated = judging.now;
  alarm.measured = finding.judged.measured;
  alarm.reason = std::move(finding.reason);
  alarm.occurrence_count = 1;
  alarm.occurrences.push_back(std::move(finding.occurrence));
  alarm.device = std::move(finding.device);
  alarm.contact = std::move(finding.contact);
  alarm.identity = std::move(finding.identity);
  return {std::move(alarm), step.change, step.announce, step.reason};
}

// The reason explains the severity shown: the worst, and of equals the newest measured.
bool explains_better(const Alarm& open, const thresholds::Judged& judged) {
  if (judged.severity != open.machine.severity) return judged.severity > open.machine.severity;
  return !judged.superseded && judged.measured >= open.measured;
}

void take_over(Alarm& next, Finding& finding, bool better) {
  if (better) next.reason = std::move(finding.reason);
  if (!finding.judged.superseded) next.measured = std::max(next.measured, finding.judged.measured);
  next.late = next.late && finding.late;
  next.superseded = next.superseded && finding.judged.superseded;
  if (!finding.device.empty()) next.device = std::move(finding.device);
  if (!finding.contact.empty()) next.contact = std::move(finding.contact);
}

AlarmChange repeated(const Alarm& open, Finding finding, const Judging& judging) {
  thresholds::Step step = thresholds::judge_open(open.machine, finding.judged, judging.policy, judging.now);
  Alarm next = next_version(open, step, judging.now);
  take_over(next, finding, explains_better(open, finding.judged));
  ++next.occurrence_count;
  insert_by_measured(next.occurrences, std::move(finding.occurrence));
  return {std::move(next), step.change, step.announce, step.reason};
}

AlarmChange applied(const Alarm* open, Finding finding, const Judging& judging) {
  if (!open || !open->open()) return raised(std::move(finding), judging);
  return repeated(*open, std::move(finding), judging);
}

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

Finding finding(const LimitReading& reading, thresholds::Direction direction, Time now) {
  Finding found;
  found.tenant = reading.tenant;
  found.patient = reading.patient;
  found.origin = Origin::limit;
  found.code = limit_code();
  found.identity = identity(reading, direction);
  found.reason = limit_reason(reading, now);
  found.occurrence = occurrence(reading, now);
  found.device = reading.device;
  found.judged = judged(reading, direction, true);
  found.late = reading.late;
  return found;
}

AlarmChange back_within(const Alarm& open, thresholds::Direction direction, const LimitReading& reading,
                        const Judging& judging) {
  thresholds::Step step =
      thresholds::judge_open(open.machine, judged(reading, direction, false), judging.policy, judging.now);
  if (step.change == Change::none) return unchanged(step.reason);
  Alarm next = next_version(open, step, judging.now);
  log(next, {judging.now, std::nullopt, "normal", reading_text(reading)});
  return {std::move(next), step.change, step.announce, step.reason};
}

// A reading the alarm rests on, again: a new version, or the same judged again because a newer one was taken back. The occurrence takes
// the new value, the log keeps the old one.
AlarmChange corrected(const Alarm& open, std::size_t place, thresholds::Direction direction,
                      const LimitReading& reading, const Judging& judging) {
  bool breach = reading.verdict.outcome == thresholds::Outcome::breach && reading.verdict.direction == direction;
  Alarm changed = open;
  Occurrence earlier = changed.occurrences[place];
  changed.occurrences.erase(changed.occurrences.begin() + static_cast<std::ptrdiff_t>(place));
  Occurrence now_known = occurrence(reading, judging.now);
  now_known.at = earlier.at;
  insert_by_measured(changed.occurrences, std::move(now_known));
  changed.measured = changed.occurrences.front().measured;
  // The breach that dated the machine may have moved; a wrong clock must not make what follows look old.
  if (place == 0 && !changed.machine.back_to_normal) changed.machine.latest_measured = changed.measured;

  thresholds::Step step{changed.machine, Change::none, false, "corrected"};
  if (breach || reading.verdict.outcome == thresholds::Outcome::within) {
    thresholds::Judged correction = judged(reading, direction, breach);
    correction.corrects = true;
    step = thresholds::judge_open(changed.machine, correction, judging.policy, judging.now);
  }
  // Each correction is told, also one that leaves the machine where it was.
  if (step.change == Change::none) step.change = Change::action;
  Alarm next = next_version(changed, step, judging.now);
  if (breach && (place == 0 || reading.verdict.severity >= open.machine.severity)) {
    next.reason = limit_reason(reading, judging.now);
  }
  next.superseded = next.superseded && reading.superseded;
  const bool same = earlier.value && *earlier.value == reading.value;
  std::string note = same ? "Vurdert på nytt: " : earlier.value ? number_text(*earlier.value) + " rettet: " : std::string("Rettet: ");
  log(next, {judging.now, std::nullopt, "corrected", note + reading_text(reading)});
  return {std::move(next), step.change, step.announce, step.reason};
}

std::string_view quiet_reason(const LimitReading& reading) {
  if (reading.verdict.outcome == thresholds::Outcome::within) return "no-breach";
  if (reading.verdict.outcome == thresholds::Outcome::breach) return "other-direction";
  return thresholds::name(reading.verdict.outcome);
}

}  // namespace

std::string identity(const LimitReading& reading, thresholds::Direction direction) {
  return limit_identity(reading.patient, fhir::info(reading.kind).name, component_name(reading), direction);
}

AlarmChange apply_limit(const Alarm* open, thresholds::Direction direction, const LimitReading& reading,
                        const Judging& judging) {
  if (open && !open->open()) open = nullptr;
  if (open && reading.observation) {
    auto same = std::find_if(open->occurrences.begin(), open->occurrences.end(),
                             [&](const Occurrence& known) { return known.observation == reading.observation; });
    if (same != open->occurrences.end()) {
      return corrected(*open, static_cast<std::size_t>(same - open->occurrences.begin()), direction, reading, judging);
    }
  }
  const thresholds::Verdict& verdict = reading.verdict;
  if (verdict.outcome == thresholds::Outcome::breach && verdict.direction == direction) {
    return applied(open, finding(reading, direction, judging.now), judging);
  }
  // A breach of the other side is no return to normal, nor is a value nobody could decide on.
  if (!open || verdict.outcome != thresholds::Outcome::within) return unchanged(quiet_reason(reading));
  return back_within(*open, direction, reading, judging);
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
