#include "gateway/alarms/finding.hpp"

#include <algorithm>
#include <utility>

#include "gateway/alarms/alarm_text.hpp"

namespace gateway::alarms {
namespace {

using thresholds::Change;

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

AlarmChange back_within(const Alarm& open, const Heard& heard, const Judging& judging) {
  thresholds::Step step = thresholds::judge_open(open.machine, heard.finding.judged, judging.policy, judging.now);
  if (step.change == Change::none) return unchanged(step.reason);
  Alarm next = next_version(open, step, judging.now);
  log(next, {judging.now, std::nullopt, "normal", heard.said});
  return {std::move(next), step.change, step.announce, step.reason};
}

// A reading the alarm rests on, again: a new version, or the same judged again because a newer one was taken back. The occurrence takes
// the new value, the log keeps the old one.
AlarmChange corrected(const Alarm& open, std::size_t place, Heard heard, const Judging& judging) {
  Finding& finding = heard.finding;
  Alarm changed = open;
  const Occurrence earlier = changed.occurrences[place];
  changed.occurrences.erase(changed.occurrences.begin() + static_cast<std::ptrdiff_t>(place));
  const std::optional<fhir::Decimal> value = finding.occurrence.value;
  finding.occurrence.at = earlier.at;
  insert_by_measured(changed.occurrences, std::move(finding.occurrence));
  changed.measured = changed.occurrences.front().measured;
  // The breach that dated the machine may have moved; a wrong clock must not make what follows look old.
  if (place == 0 && !changed.machine.back_to_normal) changed.machine.latest_measured = changed.measured;

  thresholds::Step step{changed.machine, Change::none, false, "corrected"};
  if (finding.judged.breach || heard.normal) {
    finding.judged.corrects = true;
    step = thresholds::judge_open(changed.machine, finding.judged, judging.policy, judging.now);
  }
  // Each correction is told, also one that leaves the machine where it was.
  if (step.change == Change::none) step.change = Change::action;
  Alarm next = next_version(changed, step, judging.now);
  if (finding.judged.breach && (place == 0 || finding.judged.severity >= open.machine.severity)) next.reason = std::move(finding.reason);
  next.superseded = next.superseded && finding.judged.superseded;
  const bool same = earlier.value && value && *earlier.value == *value;
  std::string note = same ? "Vurdert på nytt: " : earlier.value ? number_text(*earlier.value) + " rettet: " : std::string("Rettet: ");
  log(next, {judging.now, std::nullopt, "corrected", note + heard.said});
  return {std::move(next), step.change, step.announce, step.reason};
}

}  // namespace

AlarmChange unchanged(std::string_view reason) { return {std::nullopt, Change::none, false, reason}; }

AlarmChange applied(const Alarm* open, Finding finding, const Judging& judging) {
  if (!open || !open->open()) return raised(std::move(finding), judging);
  return repeated(*open, std::move(finding), judging);
}

AlarmChange hear(const Alarm* open, Heard heard, const Judging& judging) {
  if (open && !open->open()) open = nullptr;
  if (open && heard.finding.occurrence.observation) {
    auto same = std::find_if(open->occurrences.begin(), open->occurrences.end(),
                             [&](const Occurrence& known) { return known.observation == heard.finding.occurrence.observation; });
    if (same != open->occurrences.end()) {
      return corrected(*open, static_cast<std::size_t>(same - open->occurrences.begin()), std::move(heard), judging);
    }
  }
  if (heard.finding.judged.breach) return applied(open, std::move(heard.finding), judging);
  if (!open || !heard.normal) return unchanged(not_concerned);
  return back_within(*open, heard, judging);
}

}  // namespace gateway::alarms
