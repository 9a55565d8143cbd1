#include "gateway/ingest/stored_backtest.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gateway::ingest {
namespace {

// Today's limits and rules of a patient, and the same with what is proposed in place of those for the same.
struct Plans {
  std::vector<thresholds::RuleSet> today, proposed;
};

Plans plans_of(const registry::Plan& plan, const StoredBacktestAsked& asked) {
  config::Programme today;
  if (plan.judged()) {
    for (const registry::PlannedLimit& planned : plan.limits) today.limits.push_back(planned.limit);
    for (const registry::PlannedRule& planned : plan.rules) today.rules.push_back(planned.rule);
  }
  config::Programme proposed = today;
  if (asked.shadow) {
    for (thresholds::Rule& rule : proposed.rules) rule.shadow = false;
  }
  for (const thresholds::Rule& rule : asked.rules) {
    std::erase_if(proposed.rules, [&](const thresholds::Rule& own) { return own.id == rule.id; });
    proposed.rules.push_back(rule);
  }
  Plans plans;
  plans.proposed = rule_sets({std::move(proposed)}, asked.limits);
  plans.today = rule_sets({std::move(today)}, {});
  return plans;
}

void take(std::vector<PatientChange>& all, std::vector<thresholds::BacktestChange> changes, std::uint32_t patient) {
  for (thresholds::BacktestChange& change : changes) all.push_back({patient, std::move(change)});
}

}  // namespace

StoredBacktest::StoredBacktest(StoredBacktestAsked asked, std::shared_ptr<const adapters::Zone> zone)
    : asked_(std::move(asked)), zone_(zone), decoder_(std::move(zone)), people_(asked_.patients) {
  patient_count_ = people_.size();
  if (!people_.empty()) phase_ = Phase::reading;
}

StoredBacktest::~StoredBacktest() = default;

fhir::Result<bool> StoredBacktest::step(store::Reader& reader) {
  switch (phase_) {
    case Phase::people:
      return find_people(reader);
    case Phase::reading:
      return read_page(reader);
    case Phase::judging:
      judge_some(reader);
      return true;
    case Phase::reporting:
      report();
      return false;
  }
  return false;
}

fhir::Result<bool> StoredBacktest::find_people(store::Reader& reader) {
  const std::optional<PatientId> after = people_.empty() ? std::nullopt : std::optional(people_.back());
  const std::vector<store::Patient> found = reader.patients(asked_.tenant, after, page_rows);
  for (const store::Patient& patient : found) people_.push_back(patient.id);
  patient_count_ = people_.size();
  if (people_.size() > patients_max) return fhir::Error(fhir::ErrorCategory::too_large, "more patients than a back-test may have; name some");
  if (found.size() < page_rows) phase_ = Phase::reading;
  return true;
}

fhir::Result<bool> StoredBacktest::read_page(store::Reader& reader) {
  if (read_ == people_.size()) {
    phase_ = Phase::judging;
    return true;
  }
  const PatientId patient = people_[read_];
  if (!page_) {
    page_.emplace();
    page_->tenant = asked_.tenant;
    page_->patients = {patient};
    page_->measured = {{fhir::DatePrefix::ge, asked_.from, asked_.from}, {fhir::DatePrefix::lt, asked_.to, asked_.to}};
    page_->sort = {fhir::SortKey::date, false};
    page_->limit = page_rows;
  }
  const store::ObservationPage found = reader.search(*page_);
  for (const store::Observation& row : found.rows) {
    decoded_.clear();
    faults_.clear();
    decoder_.decode(row.resource, observations_.size(), decoded_, faults_);
    unreadable_ += faults_.size();
    for (DecodedPast& one : decoded_) {
      // By our own id, whatever the resource calls its subject.
      one.person = patient.text();
      one.nameable = true;
      past_.add(one);
    }
    if (past_.patients().size() > past_patients_.size()) past_patients_.push_back(patient);
    observations_.push_back(row.id);
    page_->after = store::ObservationFilter::After{row.measured, row.id};
  }
  reading_count_ = past_.count();
  if (past_.count() > readings_max) {
    return fhir::Error(fhir::ErrorCategory::too_large, "more readings than a back-test may have; name fewer patients or a shorter period");
  }
  page_->horizon = found.horizon;
  if (!found.more) {
    page_.reset();
    ++read_;
  }
  return true;
}

void StoredBacktest::judge_some(store::Reader& reader) {
  thresholds::BacktestSettings settings;
  settings.age = asked_.age;
  settings.alarms = asked_.alarms;
  settings.handled_after = asked_.handled_after;
  settings.until = asked_.to;
  const std::size_t end = std::min<std::size_t>(judged_ + patients_judged_at_once, past_.patients().size());
  for (std::size_t i = judged_; i < end; ++i) {
    const std::optional<store::Plan> row = reader.plan(past_patients_[i]);
    const Plans plans = plans_of(row ? registry::plan_from(*row) : registry::Plan{}, asked_);
    const thresholds::Past& past = past_.patients()[i].past;
    const auto patient = static_cast<std::uint32_t>(i);
    take(today_, thresholds::Backtest(plans.today, past_.vocabulary(), settings).run(past), patient);
    take(proposed_, thresholds::Backtest(plans.proposed, past_.vocabulary(), settings).run(past), patient);
    ++judged_;
  }
  if (judged_ == past_.patients().size()) phase_ = Phase::reporting;
}

void StoredBacktest::report() {
  sort_changes(proposed_);
  sort_changes(today_);
  const ReportSetting setting{past_, *zone_, asked_.to, [this](fhir::JsonWriter& writer, const thresholds::PastReading& reading) {
                                writer.member("observation", observations_[reading.order].text());
                              }};
  fhir::JsonWriter writer(report_);
  writer.begin_object().key("summary").begin_object();
  write_summary(writer, setting, proposed_);
  writer.end_object().key("changes").begin_array();
  for (std::size_t i = 0; i < std::min(proposed_.size(), changes_max); ++i) {
    std::string line;
    append_change(line, past_, proposed_[i]);
    writer.raw(line);
  }
  writer.end_array();
  if (proposed_.size() > changes_max) writer.member("changes_left_out", static_cast<std::uint64_t>(proposed_.size() - changes_max));
  if (unreadable_ > 0) writer.member("not_judged", unreadable_);
  write_difference(writer, setting, proposed_, today_, changes_max);
  if (asked_.capacity) write_forecast(writer, setting, proposed_, *asked_.capacity);
  writer.end_object();
}

}  // namespace gateway::ingest
