#include "gateway/ingest/undecided.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/alarms/alarm_text.hpp"
#include "gateway/alarms/judgement.hpp"
#include "gateway/ingest/expected_rows.hpp"
#include "gateway/journal/alarm_writer.hpp"
#include "thresholds/score_inputs.hpp"

namespace gateway::ingest {
namespace {

using thresholds::Outcome;

// OURS: how often one behind a silent source is asked for again.
constexpr std::chrono::hours ask_again{1};

// A limit is known by its place; no rule's id has a space (docs/rules.md).
constexpr std::string_view limit_prefix = "limit ";
std::string limit_name(std::size_t place) { return std::string(limit_prefix) + std::to_string(place); }

// A rule or a limit of the plan in force; both null when the row's is not there any more.
struct Waiting {
  const registry::PlannedRule* rule = nullptr;
  const registry::PlannedLimit* limit = nullptr;

  explicit operator bool() const { return rule != nullptr || limit != nullptr; }
  std::string words() const { return rule != nullptr ? registry::rules_json({*rule}) : registry::limits_json({*limit}); }
};

Waiting waiting(const registry::PatientState& patient, std::string_view name) {
  if (name.starts_with(limit_prefix)) {
    std::size_t place = 0;
    const std::string_view digits = name.substr(limit_prefix.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), place);
    const bool known = error == std::errc{} && end == digits.data() + digits.size() && place < patient.plan.limits.size();
    return {nullptr, known ? &patient.plan.limits[place] : nullptr};
  }
  for (const registry::PlannedRule& planned : patient.plan.rules) {
    if (planned.rule.id == name && planned.rule.missing() == nullptr && !planned.rule.shadow) return {&planned, nullptr};
  }
  return {};
}

std::string identity_of(const registry::PatientState& patient, const std::string& name) {
  return alarms::technical_identity("rule-undecided", alarms::used_by(name, patient.patient.id));
}

// ---- what is looked at

std::vector<fhir::Kind> kinds_of(const Waiting& waiting) {
  std::vector<fhir::Kind> kinds;
  const auto add = [&](const thresholds::SeriesName& series) {
    const fhir::Kind kind = fhir::kind_named(series.kind);
    if (kind != fhir::Kind::unknown && std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
  };
  if (waiting.limit != nullptr) add({waiting.limit->limit.kind, {}});
  if (waiting.rule != nullptr) {
    thresholds::each_condition(waiting.rule->rule.condition, [&](const thresholds::Condition& condition) {
      if (const auto* score = std::get_if<thresholds::ScoreTest>(&condition.test)) {
        for (const thresholds::SeriesName& series : thresholds::score_inputs(score->score)) add(series);
      }
      std::visit(
          [&](const auto& test) {
            if constexpr (requires { test.series.kind; }) add(test.series);
          },
          condition.test);
    });
  }
  return kinds;
}

std::string undecided_text(journal::Working& working, registry::PatientState& patient, const Waiting& waiting, const store::Expected& row) {
  std::string text;
  if (waiting.limit != nullptr) {
    const thresholds::Limit& limit = waiting.limit->limit;
    const fhir::Kind kind = fhir::kind_named(limit.component.empty() ? limit.kind : limit.component);
    text.append("Grensen for ").append(alarms::kind_text(kind));
  } else {
    text.append("Regelen ").append(row.rule);
  }
  const auto days = std::chrono::duration_cast<std::chrono::hours>(working.now - row.begin).count() / 24;
  text.append(" har ikke latt seg avgjøre på ").append(std::to_string(days)).append(" døgn");

  const fhir::Kind pulse = fhir::kinds().pulse_rate, heart = fhir::kinds().heart_rate;
  const auto measured = [&](fhir::Kind kind) {
    const std::optional<fhir::Time> newest = working.patients.latest(patient, kind).measured;
    return newest && *newest >= row.begin;
  };
  bool first = true;
  for (const fhir::Kind kind : kinds_of(waiting)) {
    // Either will do.
    if (kind == pulse && waiting.limit == nullptr) continue;
    if (measured(kind) || (kind == heart && measured(pulse))) continue;
    text.append(first ? "; ikke målt siden da: " : ", ").append(alarms::kind_text(kind));
    first = false;
  }
  return text;
}

// The end of a planned absence, over or not, that reaches into the time in which nothing was decided.
std::optional<fhir::Time> away_until(journal::Working& working, const registry::PatientState& patient, const store::Expected& row) {
  std::optional<fhir::Time> until;
  const auto look = [&](const registry::Suppression& suppression) {
    const thresholds::Suppression& terms = suppression.terms;
    if (terms.of != thresholds::Suppression::Of::absence || terms.from >= row.deadline || terms.until <= row.begin) return;
    until = until ? std::max(*until, terms.until) : terms.until;
  };
  for (const registry::Suppression& open : patient.suppressions) look(open);
  store::SuppressionFilter filter{.tenant = patient.patient.tenant, .patient = patient.patient.id, .open = false};
  for (;;) {
    const std::vector<store::Suppression> closed = working.reader.suppressions(filter);
    for (const store::Suppression& stored : closed) {
      if (const auto suppression = registry::suppression_from(stored)) look(*suppression);
    }
    if (closed.size() < filter.limit) return until;
    filter.after = closed.back().id;
  }
}

// Of a rule or limit that speaks until a day: that day is over.
bool is_over(const thresholds::Applies& applies, fhir::Time now) {
  if (!applies.to) return false;
  const thresholds::WallTime wall = applies.zone ? thresholds::wall_time(*applies.zone, now) : thresholds::WallTime(now.time_since_epoch());
  return std::chrono::sys_days(std::chrono::floor<std::chrono::days>(wall).time_since_epoch()) > std::chrono::sys_days(*applies.to);
}

// ---- what was judged

void judged(journal::Working& working, registry::PatientState& patient, const std::string& name, const Waiting& waiting, Outcome outcome,
            fhir::Time measured, const JudgeSettings& settings) {
  const bool undecided = outcome == Outcome::incomplete || outcome == Outcome::undecidable;
  const bool decided = outcome == Outcome::within || outcome == Outcome::breach || outcome == Outcome::pending;
  if (!undecided && !decided) return;
  std::vector<store::Expected>& rows = expected_of(working, patient);
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const store::Expected& one) { return one.rule == name; });
  if (undecided == (row != rows.end())) return;
  if (decided) {
    drop(working, *row);
    rows.erase(row);
    return end_undecided(working, patient, name, "Lar seg avgjøre igjen");
  }
  store::Expected fresh;
  fresh.patient = patient.patient.id;
  fresh.rule = name;
  fresh.tenant = patient.patient.tenant;
  fresh.says = waiting.words();
  fresh.began = working.now;
  fresh.begin = measured;
  fresh.deadline = working.now + settings.undecided_after;
  fresh.due = fresh.deadline;
  keep(working, fresh);
  rows.push_back(std::move(fresh));
}

}  // namespace

void rule_judged(journal::Working& working, registry::PatientState& patient, const registry::PlannedRule& planned, Outcome outcome,
                 fhir::Time measured, const JudgeSettings& settings) {
  judged(working, patient, planned.rule.id, {&planned, nullptr}, outcome, measured, settings);
}

void limit_judged(journal::Working& working, registry::PatientState& patient, std::size_t place, Outcome outcome, fhir::Time measured,
                  const JudgeSettings& settings) {
  const registry::PlannedLimit& planned = patient.plan.limits[place];
  // One that looks at the reading alone needs nothing else: what leaves it open is the reading.
  if (planned.limit.plain()) return;
  judged(working, patient, limit_name(place), {nullptr, &planned}, outcome, measured, settings);
}

void undecided_for_long(journal::Working& working, registry::PatientState& patient, store::Expected& row, const std::string& tenant_name,
                        const JudgeSettings& settings) {
  const Waiting found = waiting(patient, row.rule);
  if (!found) return;
  if (is_over(found.rule != nullptr ? found.rule->rule.applies : found.limit->limit.applies, working.now)) {
    row.due.reset();
    return keep(working, row);
  }
  if (const std::optional<fhir::Time> until = away_until(working, patient, row)) {
    row.begin = *until;
    row.deadline = *until + settings.undecided_after;
    row.due = row.deadline;
    if (*row.due >= working.now) return keep(working, row);
  }
  if (source_is_silent(working, patient, kinds_of(found))) {
    row.due = working.now + ask_again;
    return keep(working, row);
  }
  row.due.reset();  // told once
  keep(working, row);
  alarms::TechnicalCause cause;
  cause.tenant = tenant_name;
  cause.patient = patient.patient.id;
  cause.cause = "rule-undecided";
  cause.thing = alarms::used_by(row.rule, patient.patient.id);
  cause.text = undecided_text(working, patient, found, row);
  cause.severity = thresholds::Severity::normal;
  cause.measured = working.now;
  const alarms::Alarm* open = patient.open_alarm(alarms::identity(cause));
  const alarms::Judging judging{AlarmId{open == nullptr ? working.next_id() : 0}, working.now, settings.alarms};
  const alarms::AlarmChange change = alarms::apply_technical(open, cause, judging);
  if (change.alarm) journal::write_alarm(working, patient.patient.tenant, *change.alarm, change.change);
}

bool still_undecided(const registry::PatientState& patient, const store::Expected& row) {
  const Waiting found = waiting(patient, row.rule);
  return found && found.words() == row.says;
}

void end_undecided(journal::Working& working, registry::PatientState& patient, const std::string& rule, std::string_view note) {
  end_alarm(working, patient, identity_of(patient, rule), note);
}

}  // namespace gateway::ingest
