#include "thresholds/rule.hpp"

#include <algorithm>

namespace thresholds {
namespace {

using How = Condition::Combination::How;

// What is wrong with one rule, and how large it is once what it refers to stands in its place.
class RuleCheck {
 public:
  RuleCheck(const std::vector<Rule>& rules, std::size_t rule, std::vector<RuleProblem>& found)
      : rules_(rules), rule_(rule), found_(found) {}

  void run() {
    const Rule& rule = rules_[rule_];
    check(rule.condition, 1);
    for (std::string& text : problems(rule.applies)) add(std::move(text));
    if (rule.missing()) missing_alone(rule);
    measure(rule.condition, 1);
    if (circle_) return add("refers to itself in a circle of references; take one of them out");
    if (deepest_ > condition_depth_max) {
      add("is nested deeper than " + std::to_string(condition_depth_max) + " levels, references put in place; make it flatter");
    }
    if (parts_ > condition_parts_max) {
      add("has more than " + std::to_string(condition_parts_max) + " parts, references put in place; split it into several rules");
    }
  }

 private:
  void add(std::string text) { found_.push_back({rule_, std::move(text)}); }

  // A rule that waits for readings is judged by the clock: what restricts readings has nothing to hold on to.
  void missing_alone(const Rule& rule) {
    const Applies& applies = rule.applies;
    if (applies.between || applies.days != every_day) add("a missing rule has its 'windows' and 'days' inside 'missing'");
    if (applies.meal || applies.oxygen || !applies.site.empty()) {
      add("'meal', 'oxygen' and 'site' are said by a reading; a missing rule has none");
    }
  }

  static bool of_any_kind(const Condition& condition) {
    const auto* missing = std::get_if<MissingTest>(&condition.test);
    return missing != nullptr && missing->series.kind == any_kind;
  }

  void check(const Condition& condition, std::size_t depth) {
    if (depth > condition_depth_max) return;  // measure() says so
    std::visit([&](const auto& test) { check_test(test, condition); }, condition.test);
    if (depth > 1) {
      if (const auto* missing = std::get_if<MissingTest>(&condition.test); missing && !missing->escalate.empty()) {
        add("'escalate' is for a missing rule of its own, not for a part");
      }
      if (of_any_kind(condition)) add("'kind: any' is for a rule that is only 'missing'; name a kind here");
    }
    for (const Condition& part : condition.parts) check(part, depth + 1);
  }

  void check_series(const SeriesName& series) {
    if (series.kind.empty()) add("'kind' is missing");
  }

  void check_often(const std::optional<CountOf>& of, std::chrono::minutes sustained) {
    for (std::string& text : problems(of, sustained)) add(std::move(text));
  }

  void check_baseline(const Baseline& baseline) {
    for (std::string& text : problems(baseline)) add(std::move(text));
  }

  void check_test(const ValueTest& test, const Condition&) {
    check_series(test.series);
    check_often(test.of, test.sustained);
    if (test.baseline) check_baseline(*test.baseline);
    if (!test.clear) return;
    const bool upper = test.compare == Compare::above || test.compare == Compare::at_least;
    if (upper ? !(*test.clear < test.bound) : !(*test.clear > test.bound)) {
      add("'clear' " + text(*test.clear) + " must be " + (upper ? "below" : "above") + " the bound " + text(test.bound) +
          ": an alarm returns to normal there");
    }
  }

  void check_test(const ChangeTest& test, const Condition&) {
    check_series(test.series);
    if (!(test.amount > Number{})) add(std::string(test.falls ? "'fall'" : "'rise'") + " must be more than 0");
    if (test.against == ChangeTest::Against::window && test.within.empty()) {
      add("'within' is missing: a change is looked for in a window, like 'within: 3d'");
    }
    if (test.against == ChangeTest::Against::baseline && !test.baseline) add("'against: baseline' needs a 'baseline'");
    if (test.against != ChangeTest::Against::baseline && test.baseline) add("'baseline' needs 'against: baseline'");
    if (test.baseline) {
      check_baseline(*test.baseline);
      if (test.baseline->percent) add("write 'rise_percent' or 'fall_percent' for 'percent' in the baseline of a change");
    }
    check_span(test.within);
  }

  void check_test(const TrendTest& test, const Condition&) {
    check_series(test.series);
    if (test.within.empty()) add("'within' is missing: how much time is looked at, like 'within: 7d'");
    check_span(test.within);
    const int least = test.statistic == TrendTest::Statistic::slope ? 2 : 1;
    if (test.readings < least) add("'readings' must be at least " + std::to_string(least));
  }

  void check_test(const MissingTest& test, const Condition&) {
    check_series(test.series);
    for (std::string& text : problems(test.schedule)) add(std::move(text));
    int before = 1;
    for (const MissingTest::Step& step : test.escalate) {
      if (step.misses <= before) {
        add("'escalate' counts upwards from 2 misses; " + std::to_string(step.misses) + " does not follow " + std::to_string(before));
      }
      before = step.misses;
    }
  }

  void check_test(const ScoreTest& test, const Condition&) {
    if (std::find(known_scores.begin(), known_scores.end(), test.score) == known_scores.end()) {
      add("there is no such score; there is news2");
    }
    if (!test.at_least && !test.red) add("a score needs 'at_least' or 'red: true'");
    if (test.max_age <= std::chrono::minutes(0)) add("'max_age' must be more than 0: how old an input of the score may be");
  }

  void check_test(const AnswerTest& test, const Condition&) {
    if (test.questionnaire.empty()) add("'questionnaire' is missing");
    if (test.link.empty()) add("'link' is missing");
  }

  void check_test(const FormTest& test, const Condition&) {
    if (test.questionnaire.empty()) add("'questionnaire' is missing");
    if (test.links.empty()) add("'links' is missing: the questions whose answers are summed");
    if (test.links.size() > form_links_max) add("'links' has more than " + std::to_string(form_links_max) + " questions");
    for (std::size_t i = 0; i < test.links.size(); ++i) {
      if (test.links[i].empty()) add("'links' has one without a name");
      if (std::find(test.links.begin(), test.links.begin() + static_cast<std::ptrdiff_t>(i), test.links[i]) !=
          test.links.begin() + static_cast<std::ptrdiff_t>(i)) {
        add("'links' names one question twice");
      }
    }
    if (!test.weights.empty() && test.weights.size() != test.links.size()) add("'weights' must be as many as 'links'");
    if (test.highest <= test.lowest) add("'highest' must be more than 'lowest'");
    if (test.total != cat_total && test.total != form_total_kind) add("'total' must be cat or questionnaire");
    const bool cat = test.links.size() == cat_questions && test.weights.empty() && test.lowest == 0 && test.highest == 5;
    if (test.total == cat_total && !cat) add("'total: cat' is of 8 questions of 0 to 5, without weights");
  }

  void check_test(const RuleReference& test, const Condition&) {
    const Rule* named = find(test.id);
    if (named == nullptr) add("'rule' names a rule that is not in the same programme");
    if (named != nullptr && of_any_kind(named->condition)) add("'rule' names one on readings of any kind, which stands by itself");
  }

  void check_test(const Condition::Combination& test, const Condition& condition) {
    if (test.how == How::none) {
      if (condition.parts.size() != 1) add("'not' has exactly one part");
      if (!test.within.empty()) add("'within' is for 'all' and 'any'");
    } else if (condition.parts.empty()) {
      add("a combination without parts is never met");
    }
    check_span(test.within);
  }

  void check_span(const Span& span) {
    if (span.days < 0 || span.length.count() < 0 || (span.days != 0 && span.length.count() != 0)) add("'within' is no span of time");
  }

  const Rule* find(const std::string& id) const {
    auto found = std::find_if(rules_.begin(), rules_.end(), [&](const Rule& rule) { return rule.id == id; });
    return found == rules_.end() ? nullptr : &*found;
  }

  // Stops where it is too large anyway, so that rules which double each other cost nothing.
  void measure(const Condition& condition, std::size_t depth) {
    if (circle_ || parts_ > condition_parts_max || deepest_ > condition_depth_max) return;
    if (const auto* reference = std::get_if<RuleReference>(&condition.test)) {
      const Rule* rule = find(reference->id);
      if (rule == nullptr) return;
      if (rule == &rules_[rule_] || std::find(open_.begin(), open_.end(), rule) != open_.end()) {
        circle_ = rule == &rules_[rule_];  // another circle is the problem of the rules in it
        return;
      }
      open_.push_back(rule);
      measure(rule->condition, depth + 1);  // a chain of references is read as a nesting, and bounded as one
      open_.pop_back();
      return;
    }
    ++parts_;
    deepest_ = std::max(deepest_, depth);
    for (const Condition& part : condition.parts) measure(part, depth + 1);
  }

  const std::vector<Rule>& rules_;
  const std::size_t rule_;
  std::vector<RuleProblem>& found_;
  std::vector<const Rule*> open_;
  std::size_t parts_ = 0, deepest_ = 0;
  bool circle_ = false;
};

class InPlace {
 public:
  explicit InPlace(const std::vector<Rule>& rules) : rules_(rules) {}

  Condition of(const Condition& condition) {
    if (const auto* reference = std::get_if<RuleReference>(&condition.test)) {
      auto named = std::find_if(rules_.begin(), rules_.end(), [&](const Rule& rule) { return rule.id == reference->id; });
      const bool circle = std::find(open_.begin(), open_.end(), reference->id) != open_.end();
      if (named == rules_.end() || circle || parts_ > condition_parts_max) return condition;
      open_.push_back(reference->id);
      Condition made = of(named->condition);
      open_.pop_back();
      return made;
    }
    ++parts_;
    Condition made{condition.test, {}};
    for (const Condition& part : condition.parts) made.parts.push_back(of(part));
    return made;
  }

 private:
  const std::vector<Rule>& rules_;
  std::vector<std::string> open_;
  std::size_t parts_ = 0;
};

}  // namespace

SeriesName answer_series(std::string_view questionnaire, std::string_view link) {
  return {std::string(answer_kind), std::string(questionnaire) + "|" + std::string(link)};
}

std::vector<RuleProblem> rule_problems(const std::vector<Rule>& rules) {
  std::vector<RuleProblem> found;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].id.empty()) {
      found.push_back({i, "'id' is missing"});
    } else if (std::any_of(rules.begin(), rules.begin() + static_cast<std::ptrdiff_t>(i),
                           [&](const Rule& before) { return before.id == rules[i].id; })) {
      found.push_back({i, "a second rule of this id; give it another"});
    }
    RuleCheck(rules, i, found).run();
  }
  return found;
}

std::vector<std::string> problems(const std::vector<Rule>& rules) {
  std::vector<std::string> texts;
  for (const RuleProblem& problem : rule_problems(rules)) {
    const std::string& id = rules[problem.rule].id;
    texts.push_back((id.empty() ? "rule " + std::to_string(problem.rule + 1) : id) + ": " + problem.text);
  }
  return texts;
}

std::vector<Rule> references_in_place(const std::vector<Rule>& rules) {
  std::vector<Rule> made = rules;
  for (Rule& rule : made) rule.condition = InPlace(rules).of(rule.condition);
  return made;
}

}  // namespace thresholds
