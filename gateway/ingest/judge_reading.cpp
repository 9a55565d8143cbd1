// Judging one reading: everything the plan says of its series, as a back-test of the same readings would have it
// (thresholds/backtest.cpp). Each verdict is written into the judgement with what it rests on.
#include <algorithm>
#include <charconv>
#include <cstring>

#include "fhir/json_writer.hpp"
#include "gateway/alarms/alarm_text.hpp"
#include "gateway/alarms/judgement.hpp"
#include "gateway/alarms/rule_judgement.hpp"
#include "gateway/alarms/rule_text.hpp"
#include "gateway/ingest/annotate.hpp"
#include "gateway/ingest/expected.hpp"
#include "gateway/ingest/judge.hpp"
#include "gateway/ingest/undecided.hpp"
#include "gateway/journal/alarm_writer.hpp"
#include "gateway/journal/suppression_writer.hpp"
#include "thresholds/judged.hpp"

namespace gateway::ingest {
namespace {

fhir::Decimal decimal(const thresholds::Number& number) { return {number.coefficient, number.scale}; }

// What a reading has to be compared with one limit: the component's value, or its own.
const store::ComponentValue* component_value(const store::Observation& row, fhir::Kind component) {
  auto found = std::find_if(row.components.begin(), row.components.end(),
                            [&](const store::ComponentValue& value) { return value.kind == component; });
  return found == row.components.end() ? nullptr : &*found;
}

// {"observation":"…","version":1}, of which a trend has many.
class InputJson {
 public:
  InputJson(ObservationId id, std::uint32_t version) {
    put(R"({"observation":")");
    put(id_digits(id.value));
    put(R"(","version":)");
    end_ = std::to_chars(end_, text_ + sizeof text_, version).ptr;
    put("}");
  }
  operator std::string_view() const { return {text_, static_cast<std::size_t>(end_ - text_)}; }

 private:
  void put(std::string_view part) {
    std::memcpy(end_, part.data(), part.size());
    end_ += part.size();
  }
  char text_[64];
  char* end_ = text_;
};

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
    if (!patient_.plan.rules.empty()) row_.judgement.reserve(2048);  // seldom more
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
      judge();
    }
    writer_.end_object();
    if (row_.absent != fhir::AbsentReason::none && row_.version > 1) value_taken_back();
    working_.patients.judged(patient_, row_);
    reading_came(working_, patient_, row_);
    return std::move(changed_);
  }

 private:
  // Of no kind of ours: nothing it could be compared with, no order among readings that share nothing but this.
  std::vector<AlarmId> not_judged() {
    row_.late = working_.now - row_.measured > settings_.late_after;
    row_.superseded = false;
    row_.judgement.clear();
    if (!patient_.plan.rules.empty()) row_.judgement.reserve(2048);  // seldom more
    writer_.begin_object().member("at", fhir::utc_millis_text(working_.now));
    writer_.member("plan", static_cast<std::int64_t>(patient_.plan.version));
    writer_.member("observation_version", static_cast<std::int64_t>(row_.version)).member("late", row_.late);
    writer_.member("outcome", "not-judged").member("reason", "unknown-kind").end_object();
    return {};
  }

  void judge() {
    registry::PatientSeries& series = working_.patients.series(patient_, row_.measured, working_.changes.observations);
    plan_ = &series.plan();
    const std::vector<std::uint16_t> fed = series.put(row_);
    const std::span<const thresholds::Series> views = series.views();
    const thresholds::Person person = patient_.plan.person.at(row_.measured);
    if (!fed.empty()) plan_->rules.judge(views, fed, row_.measured, person, judgements_);

    bool any = false;
    writer_.key("verdicts").begin_array();
    for (const thresholds::Judgement& judgement : judgements_.limits) limit(judgement);
    any = any || !judgements_.limits.empty();
    for (std::size_t place = 0; place < patient_.plan.limits.size(); ++place) {
      if (!plan_->judges(place, row_.kind) || std::find(fed.begin(), fed.end(), plan_->limit_series[place]) != fed.end()) continue;
      any = true;
      without_value(patient_.plan.limits[place]);
    }
    writer_.end_array();
    if (!judgements_.rules.empty()) {
      any = true;
      writer_.key("rules").begin_array();
      for (const thresholds::Judgement& judgement : judgements_.rules) rule(judgement);
      writer_.end_array();
    }
    if (timing_.superseded && plan_->looks_back && !fed.empty()) judge_at_newest(views, fed, person);
    writer_.member("outcome", any ? "judged" : "no-limit");
  }

  // An old reading may complete what is true at the time of the newest, which was judged without it (thresholds::looks_back): only a
  // breach counts, and only of what no alarm is open for.
  void judge_at_newest(std::span<const thresholds::Series> views, std::span<const std::uint16_t> fed, const thresholds::Person& person) {
    const std::optional<fhir::Time> newest = working_.patients.latest(patient_, row_.kind).measured;
    if (!newest || *newest <= row_.measured) return;
    judgements_.clear();
    plan_->rules.judge(views, fed, *newest, person, judgements_);
    const auto concerns = [](const thresholds::Judgement& judgement, const std::vector<bool>& looks_back) {
      return judgement.verdict.outcome == thresholds::Outcome::breach && looks_back[judgement.place];
    };
    std::erase_if(judgements_.limits, [&](const thresholds::Judgement& judgement) {
      if (!concerns(judgement, plan_->limit_looks_back)) return true;
      const thresholds::Limit& limit = patient_.plan.limits[judgement.place].limit;
      return patient_.open_alarm(alarms::limit_identity(patient_.patient.id, limit.kind, limit.component, judgement.verdict.direction)) !=
             nullptr;
    });
    std::erase_if(judgements_.rules, [&](const thresholds::Judgement& judgement) {
      if (!concerns(judgement, plan_->rule_looks_back)) return true;
      return patient_.open_alarm(alarms::rule_identity(patient_.patient.id, patient_.plan.rules[judgement.place].rule.id)) != nullptr;
    });
    if (judgements_.limits.empty() && judgements_.rules.empty()) return;
    writer_.key("at_newest").begin_object().member("measured", fhir::utc_millis_text(*newest));
    writer_.key("verdicts").begin_array();
    for (const thresholds::Judgement& judgement : judgements_.limits) limit(judgement);
    writer_.end_array().key("rules").begin_array();
    for (const thresholds::Judgement& judgement : judgements_.rules) rule(judgement);
    writer_.end_array().end_object();
  }

  // A correction left the reading without value: what rests on the old one stands, and says so.
  void value_taken_back() {
    const std::string text = alarms::value_taken_back_text(row_.id);
    for (AlarmId id : annotate_alarms_on(working_, patient_, source_.tenant_no, row_.id, text)) changed_.push_back(id);
  }

  // ---- limits

  void limit(const thresholds::Judgement& judgement) {
    const registry::PlannedLimit& planned = patient_.plan.limits[judgement.place];
    const thresholds::Limit& limit = planned.limit;
    store::ComponentValue value;
    value.kind = row_.kind;
    if (!limit.component.empty()) {
      value.kind = fhir::kind_named(limit.component);
      if (const store::ComponentValue* found = component_value(row_, value.kind)) value = *found;
    } else if (row_.value) {
      value = {row_.kind, *row_.value, row_.comparator};
    }

    const thresholds::Verdict& verdict = judgement.verdict;
    begin_limit(planned, thresholds::name(verdict.outcome));
    writer_.member("origin", planned.origin).member("value", value.value);
    if (verdict.bound) writer_.member("bound", thresholds::bound_name(*verdict.bound));
    if (verdict.limit) writer_.member("limit", decimal(*verdict.limit));
    if (!limit.plain() || judgement.evidence.why == "inside-clear-bound") writer_.member_if("why", judgement.evidence.why);
    inputs(judgement.evidence);
    // The common case: nothing open, nothing wrong.
    if (verdict.outcome == thresholds::Outcome::breach || !patient_.open_alarms.empty()) changes(limit, value, verdict);
    writer_.end_object();
    if (counts_for_deciding()) {
      limit_judged(working_, patient_, judgement.place, judgement.verdict.outcome, row_.measured, settings_);
    }
  }

  void changes(const thresholds::Limit& limit, const store::ComponentValue& value, const thresholds::Verdict& verdict) {
    alarms::LimitReading reading;
    reading.tenant = source_.tenant;
    reading.patient = patient_.patient.id;
    reading.kind = fhir::kind_named(limit.kind);
    reading.component = limit.component.empty() ? fhir::Kind::unknown : value.kind;
    reading.value = value.value;
    reading.comparator = static_cast<adapters::Comparator>(value.comparator);
    reading.measured = row_.measured;
    reading.observation = row_.id;
    reading.device = device_;
    reading.verdict = verdict;
    reading.limit_version = patient_.plan.version;
    reading.late = timing_.late;
    reading.superseded = timing_.superseded;
    reading.past_horizon = timing_.past_horizon;
    reading.doubled_hour = row_.doubled_hour;
    for (thresholds::Direction direction : {thresholds::Direction::low, thresholds::Direction::high}) change(direction, reading);
  }

  void change(thresholds::Direction direction, const alarms::LimitReading& reading) {
    const alarms::Alarm* open = patient_.open_alarm(alarms::identity(reading, direction));
    const bool breaches = reading.verdict.outcome == thresholds::Outcome::breach && reading.verdict.direction == direction;
    if (open == nullptr && !breaches) return;
    writer_.key(direction == thresholds::Direction::low ? "low" : "high").begin_object();
    if (open != nullptr || !hidden(reading)) keep(alarms::apply_limit(open, direction, reading, judging(open)), breaches);
    writer_.end_object();
  }

  // A person decided that a new alarm of this stays quiet for now.
  bool hidden(const alarms::LimitReading& reading) {
    if (patient_.suppressions.empty()) return false;
    const std::string_view kind = fhir::info(reading.kind).name;
    std::string rule(kind);
    if (reading.component != fhir::Kind::unknown) rule.append("/").append(fhir::info(reading.component).name);
    if (reading.verdict.bound) rule.append(":").append(thresholds::bound_name(*reading.verdict.bound));
    return said_hidden(journal::hidden_limit(working_, patient_, kind, finding(std::move(rule), reading.verdict.severity,
                                                                               alarms::limit_text(reading, working_.now))));
  }

  bool hidden(const thresholds::Rule& rule, const thresholds::Judgement& judgement) {
    if (patient_.suppressions.empty()) return false;
    return said_hidden(journal::hidden_rule(working_, patient_, rule.id, finding(rule.id, judgement.verdict.severity,
                                                                                 alarms::rule_text(rule, judgement.evidence))));
  }

  registry::HiddenFinding finding(std::string rule, thresholds::Severity severity, std::string text) const {
    return {working_.now, row_.measured, std::move(rule), row_.id, severity, std::move(text)};
  }

  bool said_hidden(std::optional<SuppressionId> by) {
    if (by) writer_.member("change", "suppressed").member("suppression", by->text());
    return by.has_value();
  }

  void begin_limit(const registry::PlannedLimit& planned, std::string_view outcome) {
    writer_.begin_object().member("rule", "limit").member("kind", planned.limit.kind);
    writer_.member_if("component", planned.limit.component).member("outcome", outcome);
  }

  // Nothing was measured: neither a breach nor a return to normal (invariant 10 names it).
  void without_value(const registry::PlannedLimit& planned) {
    begin_limit(planned, row_.absent != fhir::AbsentReason::none ? "undecidable" : "incomplete");
    writer_.end_object();
  }

  // ---- rules

  void rule(const thresholds::Judgement& judgement) {
    const registry::PlannedRule& planned = patient_.plan.rules[judgement.place];
    writer_.begin_object().member("rule", planned.rule.id).member("origin", planned.origin);
    writer_.member("outcome", thresholds::name(judgement.verdict.outcome)).member_if("why", judgement.evidence.why);
    if (judgement.verdict.outcome == thresholds::Outcome::breach) writer_.member("severity", thresholds::name(judgement.verdict.severity));
    if (judgement.evidence.value) writer_.member("value", decimal(*judgement.evidence.value));
    if (judgement.evidence.bound) writer_.member("bound", decimal(*judgement.evidence.bound));
    if (planned.rule.shadow) writer_.member("shadow", true);
    inputs(judgement.evidence);
    if (!planned.rule.shadow) apply(planned.rule, judgement);
    writer_.end_object();
    if (!planned.rule.shadow && counts_for_deciding()) {
      rule_judged(working_, patient_, planned, judgement.verdict.outcome, row_.measured, settings_);
    }
  }

  // An old reading says nothing of whether rules can be decided now.
  bool counts_for_deciding() const { return !timing_.superseded && !timing_.past_horizon; }

  void apply(const thresholds::Rule& rule, const thresholds::Judgement& judgement) {
    const bool breaches = judgement.verdict.outcome == thresholds::Outcome::breach;
    if (!breaches && patient_.open_alarms.empty()) return;
    const alarms::Alarm* open = patient_.open_alarm(alarms::rule_identity(patient_.patient.id, rule.id));
    if (open == nullptr && (!breaches || hidden(rule, judgement))) return;
    alarms::RuleReading reading;
    reading.tenant = source_.tenant;
    reading.patient = patient_.patient.id;
    reading.rule = &rule;
    reading.verdict = judgement.verdict;
    reading.evidence = judgement.evidence;
    reading.kind = row_.kind;
    reading.value = row_.value;
    reading.measured = row_.measured;
    reading.observation = row_.id;
    for (const thresholds::Evidence::Input& input : judgement.evidence.all()) {
      const ObservationId id{static_cast<std::int64_t>(input.id)};
      if (id != row_.id && std::find(reading.inputs.begin(), reading.inputs.end(), id) == reading.inputs.end()) reading.inputs.push_back(id);
    }
    reading.device = device_;
    reading.plan_version = patient_.plan.version;
    reading.late = timing_.late;
    reading.superseded = timing_.superseded;
    reading.past_horizon = timing_.past_horizon;
    reading.doubled_hour = row_.doubled_hour;
    keep(alarms::apply_rule(open, reading, judging(open)), breaches);
  }

  // ---- both

  // What the verdict rests on beside the reading itself, with versions (invariant 10).
  void inputs(const thresholds::Evidence& evidence) {
    bool first = true;
    for (const thresholds::Evidence::Input& input : evidence.all()) {
      const ObservationId id{static_cast<std::int64_t>(input.id)};
      if (id == row_.id) continue;
      if (first) writer_.key("inputs").begin_array();
      first = false;
      writer_.raw(InputJson(id, input.version));
    }
    if (!first) writer_.end_array();
  }

  alarms::Judging judging(const alarms::Alarm* open) {
    return {AlarmId{open == nullptr ? working_.next_id() : 0}, working_.now, settings_.alarms};
  }

  void keep(alarms::AlarmChange step, bool breaches) {
    writer_.member("change", thresholds::name(step.change)).member_if("reason", step.reason);
    if (!step.alarm) return;
    if (breaches && !timing_.superseded) {
      alarms::mark(*step.alarm, alarms::mark_absence, journal::absence_text(patient_, row_.measured));
    }
    writer_.member("alarm", step.alarm->id.text());
    if (std::find(changed_.begin(), changed_.end(), step.alarm->id) == changed_.end()) changed_.push_back(step.alarm->id);
    journal::write_alarm(working_, source_.tenant_no, *step.alarm, step.change);
  }

  journal::Working& working_;
  registry::PatientState& patient_;
  store::Observation& row_;
  const SourceFacts& source_;
  std::string device_;
  const JudgeSettings& settings_;
  fhir::JsonWriter writer_;
  Timing timing_{};
  const registry::JudgedPlan* plan_ = nullptr;
  thresholds::Judgements judgements_;
  std::vector<AlarmId> changed_;
};

}  // namespace

std::vector<AlarmId> judge_reading(journal::Working& working, registry::PatientState& patient, store::Observation& row,
                                   const SourceFacts& source, std::string_view device, const JudgeSettings& settings) {
  return ReadingJudge(working, patient, row, source, device, settings).run();
}

}  // namespace gateway::ingest
