#include "thresholds/rule_set.hpp"

#include <algorithm>
#include <utility>

#include "thresholds/score_inputs.hpp"

namespace thresholds {
namespace {

constexpr std::string_view heart_rate = "heart-rate", pulse_rate = "pulse-rate";

// Readings of the patient's whole history that count, whenever the limit or rule itself began.
Applies sieve_of(const Applies& applies) {
  Applies sieve = applies;
  sieve.from.reset();
  sieve.to.reset();
  return sieve;
}

}  // namespace

void Evidence::add(const Reading& reading, std::size_t series) {
  const Input input{reading.id, reading.version, static_cast<std::uint16_t>(series)};
  if (count == evidence_max) return;
  for (const Input& known : all()) {
    if (known.id == input.id && known.series == input.series) return;
  }
  inputs[count++] = input;
}

void Judgements::clear() {
  limits.clear();
  rules.clear();
}

// Gives every condition the places of its series, and every series what has to be known of it.
class RuleCompiler {
 public:
  explicit RuleCompiler(RuleSet& set) : set_(set) {}

  void run() {
    for (const Limit& limit : set_.limits_) {
      set_.limit_sieves_.push_back(sieve_of(limit.applies));
      const std::uint16_t place = place_of(limit.kind, limit.component);
      if (limit.baseline) need(place, limit.baseline->window, 1);
      if (limit.of) need(place, {}, limit.of->last);
      if (limit.sustained.count() > 0) need_back(place, 2 * limit.sustained);
    }
    // Scores last: they take a series of pulse only when something else makes it one of its own.
    for (int pass = 0; pass < 2; ++pass) {
      for (const Rule& rule : set_.rules_) collect(rule.condition, pass == 1);
    }
    set_.pulse_is_heart_rate_ = !set_.place_of(pulse_rate, "") && set_.place_of(heart_rate, "").has_value();
    set_.limits_of_.resize(set_.series_.size());
    set_.rules_of_.resize(set_.series_.size());
    for (std::size_t i = 0; i < set_.limits_.size(); ++i) {
      const Limit& limit = set_.limits_[i];
      set_.limits_of_[place_of(limit.kind, limit.component)].push_back(static_cast<std::uint16_t>(i));
    }
    for (std::size_t i = 0; i < set_.rules_.size(); ++i) {
      const Rule& rule = set_.rules_[i];
      set_.rule_sieves_.push_back(sieve_of(rule.applies));
      RuleSet::Node node;
      const bool usable = compile(rule.condition, node, 0);
      if (usable && !rule.missing()) index(node, static_cast<std::uint16_t>(i));
      set_.nodes_.push_back(std::move(node));
    }
  }

 private:
  std::uint16_t place_of(std::string_view kind, std::string_view component) {
    if (auto known = set_.place_of(kind, component)) return static_cast<std::uint16_t>(*known);
    set_.series_.push_back({std::string(kind), std::string(component)});
    set_.needs_.emplace_back();
    return static_cast<std::uint16_t>(set_.series_.size() - 1);
  }
  std::uint16_t place_of(const SeriesName& name) { return place_of(name.kind, name.component); }

  void need_back(std::uint16_t place, std::chrono::minutes back) {
    set_.needs_[place].back = std::max(set_.needs_[place].back, back);
  }
  void need(std::uint16_t place, const Span& span, int readings) {
    need_back(place, at_most(span));
    set_.needs_[place].readings = std::max(set_.needs_[place].readings, static_cast<std::size_t>(std::max(readings, 1)));
  }
  void need(std::uint16_t place, const std::optional<Baseline>& baseline) {
    if (baseline && baseline->statistic != Baseline::Statistic::given) need(place, baseline->window, 1);
  }

  void collect(const Condition& condition, bool scores) {
    if (std::holds_alternative<ScoreTest>(condition.test)) {
      if (scores) collect_score(std::get<ScoreTest>(condition.test));
      return;
    }
    if (!scores) {
      if (const auto* test = std::get_if<ValueTest>(&condition.test)) {
        const std::uint16_t place = place_of(test->series);
        if (test->of) need(place, {}, test->of->last);
        if (test->sustained.count() > 0) need_back(place, 2 * test->sustained);
        need(place, test->baseline);
      } else if (const auto* change = std::get_if<ChangeTest>(&condition.test)) {
        need(place_of(change->series), change->within, 2);
        need(place_of(change->series), change->baseline);
      } else if (const auto* trend = std::get_if<TrendTest>(&condition.test)) {
        need(place_of(trend->series), trend->within, 1);
      } else if (const auto* missing = std::get_if<MissingTest>(&condition.test)) {
        if (missing->series.kind == any_kind) return;  // by the clock only
        need_back(place_of(missing->series), std::chrono::days(8) + missing->schedule.every + missing->schedule.grace);
      } else if (const auto* answer = std::get_if<AnswerTest>(&condition.test)) {
        place_of(answer_series(answer->questionnaire, answer->link));
      } else if (const auto* form = std::get_if<FormTest>(&condition.test)) {
        for (const std::string& link : form->links) place_of(answer_series(form->questionnaire, link));
      }
    }
    for (const Condition& part : condition.parts) collect(part, scores);
  }

  void collect_score(const ScoreTest& test) {
    for (const SeriesName& name : score_inputs(test.score)) {
      if (name.kind == pulse_rate && !set_.place_of(pulse_rate, "")) continue;
      need_back(place_of(name), test.max_age);
    }
  }

  // False when it refers to itself or to nothing; such a rule judges nothing (problems() has told).
  bool compile(const Condition& condition, RuleSet::Node& node, std::size_t depth) {
    if (depth > condition_depth_max) return false;
    if (const auto* reference = std::get_if<RuleReference>(&condition.test)) {
      auto named = std::find_if(set_.rules_.begin(), set_.rules_.end(), [&](const Rule& rule) { return rule.id == reference->id; });
      return named != set_.rules_.end() && compile(named->condition, node, depth + 1);
    }
    node.condition = &condition;
    if (const auto* test = std::get_if<ValueTest>(&condition.test)) node.series = {place_of(test->series)};
    if (const auto* change = std::get_if<ChangeTest>(&condition.test)) node.series = {place_of(change->series)};
    if (const auto* trend = std::get_if<TrendTest>(&condition.test)) node.series = {place_of(trend->series)};
    if (const auto* missing = std::get_if<MissingTest>(&condition.test)) {
      if (missing->series.kind == any_kind) return false;  // decided by the clock only
      node.series = {place_of(missing->series)};
    }
    if (const auto* answer = std::get_if<AnswerTest>(&condition.test)) {
      node.series = {place_of(answer_series(answer->questionnaire, answer->link))};
    }
    if (const auto* form = std::get_if<FormTest>(&condition.test)) {
      for (const std::string& link : form->links) node.series.push_back(place_of(answer_series(form->questionnaire, link)));
      if (node.series.empty() || node.series.size() > form_links_max) return false;
    }
    if (const auto* score = std::get_if<ScoreTest>(&condition.test)) {
      for (const SeriesName& name : score_inputs(score->score)) {
        auto place = set_.place_of(name.kind, name.component);
        node.series.push_back(place ? static_cast<std::uint16_t>(*place) : RuleSet::no_series);
      }
      if (node.series.empty()) return false;
    }
    if (std::holds_alternative<Condition::Combination>(condition.test) && condition.parts.empty()) return false;
    for (const Condition& part : condition.parts) {
      if (!compile(part, node.parts.emplace_back(), depth + 1)) return false;
    }
    return true;
  }

  void index(const RuleSet::Node& node, std::uint16_t rule) {
    for (std::uint16_t place : node.series) {
      if (place == RuleSet::no_series) continue;
      std::vector<std::uint16_t>& rules = set_.rules_of_[place];
      if (rules.empty() || rules.back() != rule) rules.push_back(rule);
    }
    for (const RuleSet::Node& part : node.parts) index(part, rule);
  }

  RuleSet& set_;
};

RuleSet::RuleSet(std::vector<Limit> limits, std::vector<Rule> rules) : limits_(std::move(limits)), rules_(std::move(rules)) {
  RuleCompiler(*this).run();
}

std::optional<std::size_t> RuleSet::place_of(std::string_view kind, std::string_view component) const {
  auto found = std::find_if(series_.begin(), series_.end(),
                            [&](const SeriesName& name) { return name.kind == kind && name.component == component; });
  if (found == series_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - series_.begin());
}

}  // namespace thresholds
