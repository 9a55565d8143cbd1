#include "gateway/alarms/rule_judgement.hpp"

#include "gateway/alarms/alarm_text.hpp"
#include "gateway/alarms/finding.hpp"
#include "gateway/alarms/rule_text.hpp"
#include "thresholds/judged.hpp"

namespace gateway::alarms {
namespace {

std::optional<fhir::Decimal> decimal(const std::optional<thresholds::Number>& number) {
  if (!number) return std::nullopt;
  return fhir::Decimal(number->coefficient, number->scale);
}

// As limits' (judgement.cpp): clocks are put back by an hour.
constexpr std::chrono::hours doubled_span{1};

std::string own_value_text(const RuleReading& reading) {
  if (!reading.value) return std::string(kind_text(reading.kind));
  return std::string(kind_text(reading.kind)) + " " +
         value_text(*reading.value, adapters::Comparator::none, fhir::info(reading.kind).unit, reading.kind);
}

Finding finding(const RuleReading& reading, const thresholds::Judged& judged, Time now) {
  Finding found;
  found.tenant = reading.tenant;
  found.patient = reading.patient;
  found.origin = Origin::rule;
  found.code = limit_code();
  found.identity = identity(reading);
  found.reason.rule = reading.rule->id;
  found.reason.version = reading.plan_version;
  found.reason.text = rule_text(*reading.rule, reading.evidence);
  if (reading.late) found.reason.text += late_text(reading.measured, now);
  found.reason.value = decimal(reading.evidence.value);
  found.reason.limit = decimal(reading.evidence.bound);
  found.reason.unit = compared_unit(*reading.rule);
  found.occurrence = {now, reading.measured, reading.observation, reading.value, std::string(fhir::info(reading.kind).unit), reading.inputs};
  if (!reading.value) found.occurrence.unit.clear();
  found.device = reading.device;
  found.judged = judged;
  found.late = reading.late;
  return found;
}

}  // namespace

std::string identity(const RuleReading& reading) { return rule_identity(reading.patient, reading.rule->id); }

AlarmChange apply_rule(const Alarm* open, const RuleReading& reading, const Judging& judging) {
  thresholds::Standing standing;
  standing.measured = reading.measured;
  standing.late = reading.late;
  standing.superseded = reading.superseded;
  standing.past_horizon = reading.past_horizon;
  if (reading.doubled_hour) standing.may_be_later = doubled_span;
  const std::optional<thresholds::Judged> said = thresholds::judged_rule(reading.verdict, standing);
  // A corrected reading is told to the alarm that rests on it also when nobody can decide any more.
  thresholds::Judged judged;
  judged.measured = reading.measured;
  judged.superseded = reading.superseded;
  if (said) judged = *said;
  AlarmChange change = hear(open, {finding(reading, judged, judging.now), said && !judged.breach, own_value_text(reading)}, judging);
  if (change.reason != not_concerned) return change;
  if (reading.verdict.outcome != thresholds::Outcome::within) {
    change.reason = thresholds::name(reading.verdict.outcome);
  } else {
    change.reason = reading.verdict.clears ? "no-breach" : "inside-clear-bound";
  }
  return change;
}

}  // namespace gateway::alarms
