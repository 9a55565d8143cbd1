#include "gateway/alarms/missing.hpp"

#include <algorithm>
#include <cstdio>

#include "gateway/alarms/alarm_text.hpp"
#include "gateway/alarms/finding.hpp"
#include "thresholds/judged.hpp"

namespace gateway::alarms {
namespace {

std::string clock_text(const thresholds::Schedule& schedule, Time time) {
  const thresholds::Time local = schedule.zone ? time + schedule.zone->offset_at(time) : time;
  const auto minute = std::chrono::duration_cast<std::chrono::minutes>(local - std::chrono::floor<std::chrono::days>(local)).count();
  char text[8];
  std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(minute / 60) % 24, static_cast<int>(minute % 60));
  return text;
}

}  // namespace

Coding missing_code(const thresholds::MissingTest& test) {
  if (test.series.kind == thresholds::any_kind) return {std::string(fhir::vkp_alert_code), "5.3", "Inaktiv pasient"};
  if (fhir::kind_named(test.series.kind) == fhir::kinds().questionnaire) return {std::string(fhir::vkp_alert_code), "5.3.1", "Manglende skjemabesvarelse"};
  return missing_code();
}

std::string missing_text(const thresholds::MissingTest& test, const thresholds::Expectation& expectation, int misses, MissingCause cause) {
  const thresholds::Schedule& schedule = test.schedule;
  const fhir::Kind kind = fhir::kind_named(test.series.component.empty() ? test.series.kind : test.series.component);
  std::string text = std::string(kind_text(kind)) + (kind == fhir::kinds().questionnaire ? " mangler" : " ikke målt");
  if (test.series.kind == thresholds::any_kind) text = "Ingen målinger";
  if (schedule.every.count() > 0) {
    const auto hours = schedule.every.count() / 60;
    text += schedule.every.count() % 60 == 0 ? " siste " + std::to_string(hours) + (hours == 1 ? " time" : " timer")
                                             : " siste " + std::to_string(schedule.every.count()) + " minutter";
  } else {
    text += " " + clock_text(schedule, expectation.begin) + "–" + clock_text(schedule, expectation.deadline - schedule.grace);
  }
  if (misses > 1) text += ", " + std::to_string(misses) + ". gang på rad";
  if (cause == MissingCause::device) text += " (utstyret melder feil)";
  if (cause == MissingCause::waits_in_quarantine) text += " (en måling ligger i karantene)";
  return text;
}

std::string identity(const MissedReading& missed) { return missing_identity(missed.patient, missed.rule); }

AlarmChange apply_missing(const Alarm* open, const MissedReading& missed, const Judging& judging) {
  if (open != nullptr && !open->open()) open = nullptr;
  Finding found;
  found.tenant = missed.tenant;
  found.patient = missed.patient;
  found.origin = Origin::missing;
  found.code = missed.code;
  found.identity = identity(missed);
  found.reason.rule = missed.rule;
  found.reason.version = missed.plan_version;
  found.reason.text = missed.text;
  found.occurrence.at = judging.now;
  found.occurrence.measured = missed.deadline;
  found.judged.breach = true;
  found.judged.severity = missed.severity;
  found.judged.measured = missed.deadline;
  if (open == nullptr) return applied(nullptr, std::move(found), judging);

  const thresholds::Step step = thresholds::missed(&open->machine, missed.severity, missed.deadline, judging.policy, judging.now);
  Alarm next = next_version(*open, step, judging.now);
  next.reason = std::move(found.reason);
  next.code = std::move(found.code);
  next.measured = std::max(next.measured, missed.deadline);
  ++next.occurrence_count;
  next.occurrences.insert(next.occurrences.begin(), std::move(found.occurrence));
  if (next.occurrences.size() > occurrences_kept) next.occurrences.pop_back();
  return {std::move(next), step.change, step.announce, step.reason};
}

}  // namespace gateway::alarms
