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

// How a reading stands in time (invariant 6).
struct Timing {
  bool late, superseded, past_horizon;
};

Timing timing(journal::Working& working, registry::PatientState& patient, const store::Observation& row,
              const JudgeSettings& settings) {
  const auto age = working.now - row.measured;
  const bool superseded = registry::precedes(row, working.patients.latest(patient, row.kind));
  return {age > settings.late_after, superseded, age > settings.alarm_horizon};
}

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

// What a reading has to be compared with one limit: the component's value, or its own.
const store::ComponentValue* component_value(const store::Observation& row, fhir::Kind component) {
  auto found = std::find_if(row.components.begin(), row.components.end(),
                            [&](const store::ComponentValue& value) { return value.kind == component; });
  return found == row.components.end() ? nullptr : &*found;
}

std::string_view bound_name(thresholds::Bound bound) {
  static constexpr std::string_view names[] = {"alert_low", "warning_low", "warning_high", "alert_high"};
  return names[static_cast<std::size_t>(bound)];
}

class ReadingJudge {
 public:
  ReadingJudge(journal::Working& working, registry::PatientState& patient, store::Observation& row, const SourceFacts& source,
               std::string_view device, const JudgeSettings& settings)
      : working_(working), patient_(patient), row_(row), source_(source), device_(device), settings_(settings),
        writer_(row.judgement) {}

  std::vector<AlarmId> run() {
    if (row_.kind == fhir::Kind::unknown) return not_judged();
    timing_ = timing(working_, patient_, row_, settings_);
    row_.late = timing_.late;
    row_.superseded = timing_.superseded;
    row_.judgement.clear();
    writer_.begin_object().member("at", fhir::utc_millis_text(working_.now));
    writer_.member("plan", static_cast<std::int64_t>(patient_.plan.version));
    writer_.member("observation_version", static_cast<std::int64_t>(row_.version));
    writer_.member("late", timing_.late).member("superseded", timing_.superseded);
    writer_.member("past_horizon", timing_.past_horizon);
    if (row_.doubled_hour) writer_.member("time_uncertain", true);
    if (row_.absent != fhir::AbsentReason::none) writer_.member("absent", fhir::code(row_.absent));
    if (!patient_.plan.judged()) {
      writer_.member("outcome", "not-enrolled");
    } else {
      limits();
    }
    writer_.end_object();
    if (row_.absent != fhir::AbsentReason::none && row_.version > 1) value_taken_back();
    working_.patients.judged(patient_, row_);
    return std::move(changed_);
  }

 private:
  // Of no kind of ours: nothing it could be compared with, no order among readings that share nothing but this.
  std::vector<AlarmId> not_judged() {
    row_.late = working_.now - row_.measured > settings_.late_after;
    row_.superseded = false;
    row_.judgement.clear();
    writer_.begin_object().member("at", fhir::utc_millis_text(working_.now));
    writer_.member("plan", static_cast<std::int64_t>(patient_.plan.version));
    writer_.member("observation_version", static_cast<std::int64_t>(row_.version)).member("late", row_.late);
    writer_.member("outcome", "not-judged").member("reason", "unknown-kind").end_object();
    return {};
  }

  void limits() {
    const fhir::Kind kind = limits_kind(patient_.plan, row_.kind);
    const std::string_view kind_name = fhir::info(kind).name;
    writer_.key("verdicts").begin_array();
    bool any = false;
    for (const registry::PlannedLimit& planned : patient_.plan.limits) {
      if (planned.limit.kind != kind_name) continue;
      any = true;
      judge(planned, kind);
    }
    writer_.end_array();
    writer_.member("outcome", any ? "judged" : "no-limit");
  }

  // A correction left the reading without value: what rests on the old one stands, and says so.
  void value_taken_back() {
    const std::string text = alarms::value_taken_back_text(row_.id);
    for (AlarmId id : annotate_alarms_on(working_, patient_, source_.tenant_no, row_.id, text)) changed_.push_back(id);
  }

  void judge(const registry::PlannedLimit& planned, fhir::Kind kind) {
    // Nothing was measured: neither a breach nor a return to normal (invariant 10 names it).
    if (row_.absent != fhir::AbsentReason::none) return verdict(planned, "undecidable");
    const fhir::Kind component = planned.limit.component.empty() ? fhir::Kind::unknown : fhir::kind_named(planned.limit.component);
    store::ComponentValue value;
    if (component != fhir::Kind::unknown) {
      const store::ComponentValue* found = component_value(row_, component);
      if (found == nullptr) return verdict(planned, "incomplete");
      value = *found;
    } else {
      if (!row_.value) return verdict(planned, "incomplete");
      value = {row_.kind, *row_.value, row_.comparator};
    }
    thresholds::Sample sample;
    sample.kind = planned.limit.kind;
    sample.component = planned.limit.component;
    sample.value = number(value.value);
    sample.comparator = static_cast<thresholds::Comparator>(value.comparator);

    alarms::LimitReading reading;
    reading.tenant = source_.tenant;
    reading.patient = patient_.patient.id;
    reading.kind = kind;
    reading.component = component;
    reading.value = value.value;
    reading.comparator = static_cast<adapters::Comparator>(value.comparator);
    reading.measured = row_.measured;
    reading.observation = row_.id;
    reading.device = device_;
    reading.verdict = thresholds::judge(planned.limit, sample);
    reading.limit_version = patient_.plan.version;
    reading.late = timing_.late;
    reading.superseded = timing_.superseded;
    reading.past_horizon = timing_.past_horizon;
    reading.doubled_hour = row_.doubled_hour;

    begin_verdict(planned, thresholds::name(reading.verdict.outcome));
    writer_.member("origin", planned.origin).member("value", value.value);
    if (reading.verdict.bound) writer_.member("bound", bound_name(*reading.verdict.bound));
    if (reading.verdict.limit) {
      writer_.member("limit", fhir::Decimal(reading.verdict.limit->coefficient, reading.verdict.limit->scale));
    }
    for (thresholds::Direction direction : {thresholds::Direction::low, thresholds::Direction::high}) {
      change(direction, reading);
    }
    writer_.end_object();
  }

  void change(thresholds::Direction direction, const alarms::LimitReading& reading) {
    const alarms::Alarm* open = patient_.open_alarm(alarms::identity(reading, direction));
    const bool breaches = reading.verdict.outcome == thresholds::Outcome::breach && reading.verdict.direction == direction;
    if (open == nullptr && !breaches) return;  // the common case: nothing open, nothing wrong
    alarms::Judging judging{AlarmId{open == nullptr ? working_.next_id() : 0}, working_.now, settings_.alarms};
    alarms::AlarmChange step = alarms::apply_limit(open, direction, reading, judging);
    writer_.key(direction == thresholds::Direction::low ? "low" : "high").begin_object();
    writer_.member("change", thresholds::name(step.change)).member_if("reason", step.reason);
    if (step.alarm) {
      writer_.member("alarm", step.alarm->id.text());
      changed_.push_back(step.alarm->id);
      journal::write_alarm(working_, source_.tenant_no, *step.alarm, step.change);
    }
    writer_.end_object();
  }

  void begin_verdict(const registry::PlannedLimit& planned, std::string_view outcome) {
    writer_.begin_object().member("rule", "limit").member("kind", planned.limit.kind);
    writer_.member_if("component", planned.limit.component).member("outcome", outcome);
  }

  void verdict(const registry::PlannedLimit& planned, std::string_view outcome) {
    begin_verdict(planned, outcome);
    writer_.end_object();
  }

  journal::Working& working_;
  registry::PatientState& patient_;
  store::Observation& row_;
  const SourceFacts& source_;
  std::string device_;
  const JudgeSettings& settings_;
  fhir::JsonWriter writer_;
  Timing timing_{};
  std::vector<AlarmId> changed_;
};

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

std::vector<AlarmId> judge_reading(journal::Working& working, registry::PatientState& patient, store::Observation& row,
                                   const SourceFacts& source, std::string_view device, const JudgeSettings& settings) {
  return ReadingJudge(working, patient, row, source, device, settings).run();
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
    const registry::PlannedLimit* planned = patient.plan.limit_for(limit_kind, component);
    if (planned == nullptr) continue;
    thresholds::Sample sample;
    sample.kind = planned->limit.kind;
    sample.component = planned->limit.component;
    sample.value = number(value.value);
    sample.comparator = static_cast<thresholds::Comparator>(value.comparator);
    const thresholds::Verdict verdict = thresholds::judge(planned->limit, sample);
    held.would_breach |= verdict.outcome == thresholds::Outcome::breach;
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
