#include "gateway/ingest/expected.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "gateway/alarms/missing.hpp"
#include "gateway/ingest/expected_rows.hpp"
#include "gateway/ingest/undecided.hpp"
#include "gateway/journal/alarm_writer.hpp"
#include "gateway/journal/suppression_writer.hpp"
#include "thresholds/judged.hpp"

namespace gateway::ingest {
namespace {

using thresholds::Expectation;
using thresholds::MissingTest;

// OURS: how often a patient behind a silent source is asked for again. Its backlog may say that all was measured.
constexpr std::chrono::minutes ask_again{1};

bool waits(const registry::PlannedRule& planned) { return planned.rule.missing() != nullptr && !planned.rule.shadow; }

std::string words_of(const registry::PlannedRule& planned) { return registry::rules_json({planned}); }

const registry::PlannedRule* rule_of(const registry::PatientState& patient, const std::string& id) {
  const auto found = std::find_if(patient.plan.rules.begin(), patient.plan.rules.end(),
                                  [&](const registry::PlannedRule& planned) { return waits(planned) && planned.rule.id == id; });
  return found == patient.plan.rules.end() ? nullptr : &*found;
}

void expect(store::Expected& row, const std::optional<Expectation>& next) {
  if (next) {
    row.begin = next->begin;
    row.deadline = next->deadline;
  }
  row.due = next ? std::optional(next->deadline) : std::nullopt;
}

void end_missing(journal::Working& working, registry::PatientState& patient, const std::string& rule, std::string_view note) {
  end_alarm(working, patient, alarms::missing_identity(patient.patient.id, rule), note);
}

// ---- which readings are meant

bool pulse_counts(const registry::PatientState& patient) {
  const std::string_view pulse = fhir::info(fhir::kinds().pulse_rate).name;
  bool spoken_of = false;
  for (const registry::PlannedLimit& planned : patient.plan.limits) spoken_of = spoken_of || planned.limit.kind == pulse;
  for (const registry::PlannedRule& planned : patient.plan.rules) {
    thresholds::each_condition(planned.rule.condition, [&](const thresholds::Condition& condition) {
      std::visit(
          [&](const auto& test) {
            if constexpr (requires { test.series.kind; }) spoken_of = spoken_of || test.series.kind == pulse;
          },
          condition.test);
    });
  }
  return !spoken_of;
}

// Empty: of any kind.
std::vector<fhir::Kind> kinds_of(const registry::PatientState& patient, const MissingTest& test) {
  if (test.series.kind == thresholds::any_kind) return {};
  const fhir::Kind kind = fhir::kind_named(test.series.kind);
  if (kind == fhir::kinds().heart_rate && pulse_counts(patient)) return {kind, fhir::kinds().pulse_rate};
  return {kind};
}

bool is_meant(const MissingTest& test, const std::vector<fhir::Kind>& kinds, const store::Observation& row) {
  if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), row.kind) == kinds.end()) return false;
  if (row.status == store::Status::entered_in_error || row.absent != fhir::AbsentReason::none) return false;
  if (test.series.component.empty()) return true;
  const fhir::Kind component = fhir::kind_named(test.series.component);
  return std::any_of(row.components.begin(), row.components.end(), [&](const store::ComponentValue& value) { return value.kind == component; });
}

// Whether the store has a reading of any kind that meets the expectation.
bool any_is_met(store::Reader& reader, const registry::PatientState& patient, const MissingTest& test, const Expectation& expectation) {
  store::ObservationFilter filter;
  filter.tenant = patient.patient.tenant;
  filter.patients = {patient.patient.id};
  filter.measured = {{fhir::DatePrefix::ge, expectation.begin, expectation.begin}, {fhir::DatePrefix::le, expectation.deadline, expectation.deadline}};
  filter.sort = {fhir::SortKey::date, true};
  for (;;) {
    const store::ObservationPage page = reader.search(filter);
    for (const store::Observation& shown : page.rows) {
      // A page leaves out what a reading lacks.
      const std::optional<store::Observation> row = reader.observation(shown.id);
      if (row && is_meant(test, {}, *row) && thresholds::meets(test.schedule, expectation, row->measured)) return true;
    }
    if (!page.more) return false;
    filter.horizon = page.horizon;
    filter.after = store::ObservationFilter::After{page.rows.back().measured, page.rows.back().id};
  }
}

// Whether a reading that meets the expectation is known, this group's included.
bool is_met(journal::Working& working, const registry::PatientState& patient, const MissingTest& test, const Expectation& expectation) {
  const std::vector<fhir::Kind> kinds = kinds_of(patient, test);
  const auto meets = [&](const store::Observation& row) {
    return is_meant(test, kinds, row) && thresholds::meets(test.schedule, expectation, row.measured);
  };
  for (const store::Observation& row : working.changes.observations) {
    if (row.patient == patient.patient.id && meets(row)) return true;
  }
  if (kinds.empty()) return any_is_met(working.reader, patient, test, expectation);
  for (const fhir::Kind kind : kinds) {
    store::Reader::HistoryFilter filter{.patient = patient.patient.id, .kind = kind, .from = expectation.begin, .to = expectation.deadline};
    const std::vector<store::Observation> rows = working.reader.history(filter);
    if (std::any_of(rows.begin(), rows.end(), meets)) return true;
  }
  return false;
}

// ---- why nothing came

alarms::MissingCause cause_of(const registry::PatientState& patient, const MissingTest& test) {
  static constexpr std::string_view of_devices[] = {"no-contact", "low-battery", "no-mains", "device-silent", "technical"};
  const std::vector<fhir::Kind> kinds = kinds_of(patient, test);
  bool device = false;
  for (const alarms::Alarm& open : patient.open_alarms) {
    if (open.origin != alarms::Origin::technical) continue;
    if (kinds.empty() && open.reason.rule == "quarantined-reading") return alarms::MissingCause::waits_in_quarantine;
    for (const fhir::Kind kind : kinds) {
      alarms::HeldReading held;
      held.patient = patient.patient.id;
      held.kind = kind;
      if (open.identity == alarms::identity(alarms::technical_cause(held))) return alarms::MissingCause::waits_in_quarantine;
    }
    device = device || std::find(std::begin(of_devices), std::end(of_devices), open.reason.rule) != std::end(of_devices);
  }
  return device ? alarms::MissingCause::device : alarms::MissingCause::not_measured;
}

// ---- what ran out

// Nobody is told of it, because somebody decided so. What was not measured in an absence is no habit of the patient's, and after it
// counting begins anew.
bool stays_quiet(journal::Working& working, registry::PatientState& patient, const MissingTest& test, store::Expected& row,
                 const Expectation& expectation, const alarms::MissedReading& missed, bool told) {
  const registry::HiddenFinding finding{working.now, expectation.deadline, missed.rule, {}, missed.severity, missed.text};
  const registry::Suppression* by =
      journal::hidden_missing(working, patient, missed.rule, expectation.begin, expectation.deadline, finding, told);
  if (by == nullptr) return false;
  if (by->terms.of != thresholds::Suppression::Of::absence) return true;
  row.misses = 0;
  if (test.schedule.every.count() != 0) {
    expect(row, thresholds::next_expectation(test.schedule, row.began, working.now, by->terms.until));
  }
  return true;
}

void ran_out(journal::Working& working, registry::PatientState& patient, const registry::PlannedRule& planned, store::Expected& row,
             const std::string& tenant_name, const JudgeSettings& settings) {
  const MissingTest& test = *planned.rule.missing();
  const Expectation expectation{row.begin, row.deadline};
  bool met = false;
  if (test.schedule.every.count() != 0) {
    row.due.reset();  // told once; the next reading begins anew
  } else {
    met = is_met(working, patient, test, expectation);
    expect(row, thresholds::next_expectation(test.schedule, row.began, expectation.deadline, std::nullopt));
  }
  if (met) {
    row.misses = 0;
    return;
  }
  thresholds::Applies applies = planned.rule.applies;
  applies.meal.reset();
  applies.oxygen.reset();
  applies.site.clear();
  if (!applies.always() && !applies.holds(expectation.begin, {})) return;
  ++row.misses;
  row.missed_begin = expectation.begin;
  row.missed_deadline = expectation.deadline;

  alarms::MissedReading missed;
  missed.tenant = tenant_name;
  missed.patient = patient.patient.id;
  missed.rule = planned.rule.id;
  missed.severity = thresholds::missing_severity(planned.rule, row.misses);
  missed.code = alarms::missing_code(test);
  missed.text = alarms::missing_text(test, expectation, row.misses, cause_of(patient, test));
  if (!planned.rule.text.empty()) missed.text = planned.rule.text + ": " + missed.text;
  missed.deadline = expectation.deadline;
  missed.plan_version = patient.plan.version;
  const alarms::Alarm* open = patient.open_alarm(alarms::identity(missed));
  if (stays_quiet(working, patient, test, row, expectation, missed, open != nullptr)) return;
  const alarms::Judging judging{AlarmId{open == nullptr ? working.next_id() : 0}, working.now, settings.alarms};
  const alarms::AlarmChange change = alarms::apply_missing(open, missed, judging);
  if (change.alarm) journal::write_alarm(working, patient.patient.tenant, *change.alarm, change.change);
}

void came(journal::Working& working, registry::PatientState& patient, const registry::PlannedRule& planned, store::Expected& row,
          fhir::Time measured) {
  const MissingTest& test = *planned.rule.missing();
  const store::Expected before = row;
  // What was measured before the window that was missed says nothing of it (invariant 6).
  bool ends = measured > row.missed_deadline || thresholds::meets(test.schedule, {row.missed_begin, row.missed_deadline}, measured);
  if (test.schedule.every.count() != 0) {
    row.newest = row.newest ? std::max(*row.newest, measured) : measured;
    const auto next = thresholds::next_expectation(test.schedule, row.began, working.now, row.newest);
    if (!next || (next->begin == row.begin && next->deadline == row.deadline)) {
      if (row != before) keep(working, row);
      return;
    }
    const bool overdue = next->deadline < working.now;  // so old that the next one is overdue already: the cause stands
    const bool told = !row.due && patient.open_alarm(alarms::missing_identity(patient.patient.id, planned.rule.id)) != nullptr;
    ends = ends && !overdue;
    expect(row, next);
    if (overdue && told) row.due.reset();
  }
  if (ends) {
    row.misses = 0;
    end_missing(working, patient, planned.rule.id, "Målt igjen");
  }
  if (row != before) keep(working, row);
}

}  // namespace

void follow_plan(journal::Working& working, registry::PatientState& patient) {
  std::vector<store::Expected>& rows = expected_of(working, patient);
  std::erase_if(rows, [&](const store::Expected& row) {
    const registry::PlannedRule* planned = rule_of(patient, row.rule);
    if ((planned != nullptr && words_of(*planned) == row.says) || still_undecided(patient, row)) return false;
    drop(working, row);
    end_missing(working, patient, row.rule, "Planen er endret");
    end_undecided(working, patient, row.rule, "Planen er endret");
    return true;
  });
  for (const registry::PlannedRule& planned : patient.plan.rules) {
    if (!waits(planned)) continue;
    if (std::any_of(rows.begin(), rows.end(), [&](const store::Expected& row) { return row.rule == planned.rule.id; })) continue;
    store::Expected row;
    row.patient = patient.patient.id;
    row.rule = planned.rule.id;
    row.tenant = patient.patient.tenant;
    row.says = words_of(planned);
    row.began = working.now;
    expect(row, thresholds::next_expectation(planned.rule.missing()->schedule, row.began, row.began, std::nullopt));
    keep(working, row);
    rows.push_back(std::move(row));
  }
}

void reading_came(journal::Working& working, registry::PatientState& patient, const store::Observation& row) {
  if (row.absent != fhir::AbsentReason::none || row.status == store::Status::entered_in_error) return;
  if (std::none_of(patient.plan.rules.begin(), patient.plan.rules.end(), waits)) return;
  for (store::Expected& expected : expected_of(working, patient)) {
    const registry::PlannedRule* planned = rule_of(patient, expected.rule);
    if (planned == nullptr) continue;
    const MissingTest& test = *planned->rule.missing();
    if (is_meant(test, kinds_of(patient, test), row)) came(working, patient, *planned, expected, row.measured);
  }
}

void absence_ended(journal::Working& working, registry::PatientState& patient, fhir::Time planned, fhir::Time now) {
  for (store::Expected& row : expected_of(working, patient)) {
    const registry::PlannedRule* rule = rule_of(patient, row.rule);
    if (rule == nullptr || rule->rule.missing()->schedule.every.count() == 0 || row.begin != planned) continue;
    expect(row, thresholds::next_expectation(rule->rule.missing()->schedule, row.began, now, now));
    keep(working, row);
  }
}

void decide_missing(journal::Working& working, PatientId id, const std::string& rule, const std::string& tenant_name,
                    const JudgeSettings& settings) {
  registry::PatientState* patient = working.patients.find(id);
  if (patient == nullptr) return;
  std::vector<store::Expected>& rows = expected_of(working, *patient);
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const store::Expected& one) { return one.rule == rule; });
  // What arrives at the very instant of the deadline is in time.
  if (row == rows.end() || !row->due || *row->due >= working.now) return;
  const registry::PlannedRule* planned = rule_of(*patient, rule);
  if (planned == nullptr) return undecided_for_long(working, *patient, *row, tenant_name, settings);
  const MissingTest& test = *planned->rule.missing();
  if (source_is_silent(working, *patient, kinds_of(*patient, test)) && !is_met(working, *patient, test, {row->begin, row->deadline})) {
    row->due = working.now + ask_again;
    return keep(working, *row);
  }
  // Each that ran out, in its order: after a standstill there may be several.
  for (int i = 0; i < 100 && row->due && *row->due < working.now; ++i) ran_out(working, *patient, *planned, *row, tenant_name, settings);
  keep(working, *row);
}

}  // namespace gateway::ingest
