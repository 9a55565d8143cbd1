// Rules as values, names as in rules.d (docs/rules.md is the grammar). A rule is a condition over a patient's readings with a severity.
// Bounds are in the canonical unit of their kind; whoever reads a rule file converts. What they mean is rule_set.hpp's.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "thresholds/applies.hpp"
#include "thresholds/limits.hpp"
#include "thresholds/schedule.hpp"

namespace thresholds {

// One value over time: "blood-pressure"/"systolic", "oxygen-saturation"/"". Answers of questionnaires are the series
// {"answer", "<questionnaire url>|<link id>"}.
struct SeriesName {
  std::string kind, component;
  bool operator==(const SeriesName&) const = default;
};
inline constexpr std::string_view answer_kind = "answer";
SeriesName answer_series(std::string_view questionnaire, std::string_view link);

enum class Compare : std::uint8_t { above, below, at_least, at_most };  // the first two strict, the others met at equality

// `above: 110`, `below: 92`, `at_least`, `at_most`; with baseline the bound is a difference from it or a percentage of it.
struct ValueTest {
  SeriesName series;
  Compare compare = Compare::above;
  Number bound;
  std::optional<Number> clear;       // hysteresis: an open alarm returns to normal only when this is reached from the good side
  std::optional<Baseline> baseline;
  std::optional<CountOf> of;         // readings met of the last
  std::chrono::minutes sustained{0};  // `for:`; 0: not asked. Never together with `of`
};

// `rise: 2, within: 3d`: met at equality, compared with the lowest (fall: highest) of the window before the new reading.
struct ChangeTest {
  enum class Against : std::uint8_t { window, last, baseline };
  SeriesName series;
  bool falls = false;
  Number amount;         // positive
  bool percent = false;  // of what it is compared with
  Span within;           // for `last` how old the last may be (empty: any age); unused for baseline
  Against against = Against::window;
  std::optional<Baseline> baseline;
};

// `average_above: 140, within: 7d, readings: 5`; slope is the least-squares change per day.
struct TrendTest {
  enum class Statistic : std::uint8_t { average, median, slope };
  SeriesName series;
  Statistic statistic = Statistic::average;
  Compare compare = Compare::above;
  Number bound;  // slope: per day
  Span within;
  int readings = 2;  // fewer in the window: incomplete
};

inline constexpr std::string_view any_kind = "any";

// `missing: {...}`: as a rule of its own an alarm of origin missing, judged by the clock (schedule.hpp); inside a combination true
// while the window that closed last before the instant judged had no reading.
struct MissingTest {
  SeriesName series;  // kind any_kind: a reading of whatever kind; in a rule of its own only
  Schedule schedule;
  // Severity when that many windows in a row went by without a reading, ascending; the rule's own severity is for the first.
  struct Step {
    int misses = 2;
    Severity severity = Severity::moderate;
  };
  std::vector<Step> escalate;
};

// `score: news2, at_least: 5, max_age: 1h, red: true`.
struct ScoreTest {
  std::string score;  // "news2"
  std::optional<Number> at_least;
  bool red = false;  // any single parameter that scores 3 is enough
  std::chrono::minutes max_age{0};  // how much older than the newest input any input may be
};
// OURS, where a rule does not say: a home set is measured in one go; half an hour is for a supervised one (clinical.md 1.3).
inline constexpr std::chrono::minutes score_max_age_default{60};

// `answer: {questionnaire: URL, link: ID, at_least: 2}`: the newest answer.
struct AnswerTest {
  std::string questionnaire, link;
  Compare compare = Compare::at_least;
  Number bound;
};

// `form: {questionnaire: URL, links: [...], at_least: 10}`: the sum of one form's answers (form_total.hpp); the newest form counts.
struct FormTest {
  std::string questionnaire;
  std::vector<std::string> links;    // the questions that count
  std::vector<int> weights;          // by link; empty: 1 each
  int lowest = 0, highest = 5;       // of an answer
  std::string total = "questionnaire";  // the kind its total is stored as: "cat" or "questionnaire"
  Compare compare = Compare::at_least;
  Number bound;
};
inline constexpr std::string_view cat_total = "cat", form_total_kind = "questionnaire";
inline constexpr std::size_t cat_questions = 8;      // of 0 to 5 each (Jones 2009)
inline constexpr std::size_t form_links_max = 64;    // OURS; the longest usual form of symptoms has 30
inline constexpr int form_answer_max = 100, form_weight_max = 100;  // OURS; a weight may be negative. A sum cannot overflow

// `rule: ID`: another rule of the same programme, put in its place.
struct RuleReference {
  std::string id;
};

struct Condition {
  struct Combination {
    enum class How : std::uint8_t { all, any, none };  // none: `not:`, of one part
    How how = How::all;
    Span within;  // spread of the newest readings the parts look at; empty: any
  };
  std::variant<ValueTest, ChangeTest, TrendTest, MissingTest, ScoreTest, AnswerTest, FormTest, RuleReference, Combination> test;
  std::vector<Condition> parts;  // of a Combination
};

struct Rule {
  std::string id;
  Severity severity = Severity::moderate;
  Condition condition;
  Applies applies;
  bool shadow = false;  // judged live, raises nothing
  std::string text;     // for people, in place of the text made from the condition

  const MissingTest* missing() const { return std::get_if<MissingTest>(&condition.test); }
};

inline constexpr std::size_t condition_depth_max = 8;   // OURS: what a person can still read; references put in place
inline constexpr std::size_t condition_parts_max = 64;  // in one rule, all levels together, references put in place
// Scores a ScoreTest may name. Others (cat, cfs) are measured: they are kinds.
inline constexpr std::array<std::string_view, 1> known_scores{"news2"};

// Every problem of a programme's rules among themselves, in words: an id missing or twice, a reference to no rule or in a circle, a
// combination without parts, `not` of several, too deep or too large, an amount or a span that is not positive, `of` with
// readings > last, `for` and `of` together, a clear bound on the wrong side, a missing rule inside `not`-less nonsense such as an
// empty schedule, a score that is not known or that no bound is given for.
std::vector<std::string> problems(const std::vector<Rule>&);

// The same, each with the place of its rule in the vector and without its id in the text.
struct RuleProblem {
  std::size_t rule = 0;
  std::string text;
};
std::vector<RuleProblem> rule_problems(const std::vector<Rule>&);

// Every reference replaced by the condition of the rule it names (its severity, times and the rest stay behind). One that
// names none, or itself, stays as it is; so does what would grow beyond condition_parts_max.
std::vector<Rule> references_in_place(const std::vector<Rule>&);

// Runs `see` on the condition and all its parts. A depth beyond condition_depth_max is not walked.
template <class See>
void each_condition(const Condition& condition, const See& see, std::size_t depth = 1) {
  see(condition);
  if (depth > condition_depth_max) return;
  for (const Condition& part : condition.parts) each_condition(part, see, depth + 1);
}

}  // namespace thresholds
