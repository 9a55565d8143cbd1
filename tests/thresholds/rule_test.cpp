#include "thresholds/rule.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace thresholds;

namespace {

using How = Condition::Combination::How;
using Texts = std::vector<std::string>;

Condition value(std::int64_t bound = 100) {
  ValueTest test;
  test.series = {"heart-rate", ""};
  test.bound = {bound, 0};
  return {test, {}};
}

Condition joined(How how, std::vector<Condition> parts) { return {Condition::Combination{how, {}}, std::move(parts)}; }
Condition refers(std::string id) { return {RuleReference{std::move(id)}, {}}; }

Rule rule(std::string id, Condition condition) {
  Rule made;
  made.id = std::move(id);
  made.condition = std::move(condition);
  return made;
}

Texts of(Condition condition) { return problems(std::vector<Rule>{rule("r", std::move(condition))}); }

ValueTest value_test() { return std::get<ValueTest>(value().test); }

ChangeTest change_test() {
  ChangeTest test;
  test.series = {"body-weight", ""};
  test.amount = {2, 0};
  test.within = {3, {}};
  return test;
}

TrendTest trend_test() {
  TrendTest test;
  test.series = {"body-weight", ""};
  test.within = {7, {}};
  return test;
}

ScoreTest score_test() { return {"news2", Number{5, 0}, false, std::chrono::hours(1)}; }

template <class Test, class Change>
Condition changed(Test test, Change change) {
  change(test);
  return {test, {}};
}

Schedule every_hour() {
  Schedule schedule;
  schedule.every = std::chrono::minutes(60);
  return schedule;
}

}  // namespace

TEST_CASE("rule: what can be judged has no problems", "[thresholds][rules]") {
  CHECK(of(value()).empty());
  CHECK(of({change_test(), {}}).empty());
  CHECK(of({trend_test(), {}}).empty());
  CHECK(of({score_test(), {}}).empty());
  CHECK(of({AnswerTest{"http://example.org/q", "l", Compare::at_least, {2, 0}}, {}}).empty());
  CHECK(of(joined(How::all, {value(), {change_test(), {}}})).empty());
  CHECK(of(joined(How::none, {value()})).empty());
  CHECK(of(changed(change_test(), [](ChangeTest& test) {
          test.against = ChangeTest::Against::last;
          test.within = {};
        })).empty());
}

TEST_CASE("rule: each problem of a condition is named", "[thresholds][rules]") {
  struct Row {
    const char* name;
    Condition condition;
    const char* says;
  };
  Baseline windowless;
  windowless.statistic = Baseline::Statistic::median;
  const Row rows[] = {
      {"no kind", changed(value_test(), [](ValueTest& test) { test.series = {}; }), "'kind' is missing"},
      {"clear beyond the bound", changed(value_test(), [](ValueTest& test) { test.clear = Number{101, 0}; }), "must be below the bound"},
      {"clear at the bound", changed(value_test(), [](ValueTest& test) { test.clear = Number{100, 0}; }), "must be below the bound"},
      {"clear of a lower bound", changed(value_test(),
                                         [](ValueTest& test) {
                                           test.compare = Compare::at_most;
                                           test.clear = Number{99, 0};
                                         }),
       "must be above the bound"},
      {"more readings than last", changed(value_test(), [](ValueTest& test) { test.of = CountOf{4, 3}; }), "4 of the last 3"},
      {"a hundred and one", changed(value_test(), [](ValueTest& test) { test.of = CountOf{1, 101}; }), "no more than the last 100"},
      {"often and long", changed(value_test(),
                                 [](ValueTest& test) {
                                   test.of = CountOf{1, 2};
                                   test.sustained = std::chrono::minutes(10);
                                 }),
       "give one"},
      {"a baseline without window", changed(value_test(), [&](ValueTest& test) { test.baseline = windowless; }), "window"},
      {"no rise", changed(change_test(), [](ChangeTest& test) { test.amount = {0, 0}; }), "'rise' must be more than 0"},
      {"a fall by less than nothing", changed(change_test(),
                                              [](ChangeTest& test) {
                                                test.falls = true;
                                                test.amount = {-2, 0};
                                              }),
       "'fall' must be more than 0"},
      {"a change without window", changed(change_test(), [](ChangeTest& test) { test.within = {}; }), "'within' is missing"},
      {"against no baseline", changed(change_test(), [](ChangeTest& test) { test.against = ChangeTest::Against::baseline; }),
       "needs a 'baseline'"},
      {"a baseline for nothing", changed(change_test(), [](ChangeTest& test) { test.baseline = Baseline{}; }), "needs 'against: baseline'"},
      {"a trend without window", changed(trend_test(), [](TrendTest& test) { test.within = {}; }), "'within' is missing"},
      {"a slope of one", changed(trend_test(),
                                 [](TrendTest& test) {
                                   test.statistic = TrendTest::Statistic::slope;
                                   test.readings = 1;
                                 }),
       "at least 2"},
      {"an unknown score", changed(score_test(), [](ScoreTest& test) { test.score = "mews"; }), "no such score"},
      {"a score without bound", changed(score_test(), [](ScoreTest& test) { test.at_least.reset(); }), "'at_least' or 'red: true'"},
      {"a score of any age", changed(score_test(), [](ScoreTest& test) { test.max_age = {}; }), "'max_age'"},
      {"an answer to nothing", {AnswerTest{"", "", Compare::above, {}}, {}}, "'questionnaire' is missing"},
      {"a form of nothing", {FormTest{"http://example.org/q", {}, {}, 0, 5, "questionnaire", Compare::at_least, {2, 0}}, {}}, "'links' is missing"},
      {"a form with fewer weights", {FormTest{"http://example.org/q", {"a", "b"}, {1}, 0, 5, "questionnaire", Compare::at_least, {2, 0}}, {}}, "as many as"},
      {"a form with a question twice", {FormTest{"http://example.org/q", {"a", "a"}, {}, 0, 5, "questionnaire", Compare::at_least, {2, 0}}, {}}, "twice"},
      {"a scale upside down", {FormTest{"http://example.org/q", {"a"}, {}, 5, 5, "questionnaire", Compare::at_least, {2, 0}}, {}}, "'highest'"},
      {"a CAT of seven", {FormTest{"http://example.org/q", {"1", "2", "3", "4", "5", "6", "7"}, {}, 0, 5, "cat", Compare::at_least, {2, 0}}, {}}, "8 questions"},
      {"a total of its own", {FormTest{"http://example.org/q", {"a"}, {}, 0, 5, "mine", Compare::at_least, {2, 0}}, {}}, "cat or questionnaire"},
      {"any kind within another", joined(How::any, {{MissingTest{{"any", ""}, every_hour(), {}}, {}}}), "only 'missing'"},
      {"no parts", joined(How::any, {}), "never met"},
      {"not of two", joined(How::none, {value(), value()}), "exactly one part"},
      {"a rule that is not there", refers("x"), "not in the same programme"},
      {"a rule that is itself", refers("r"), "circle"},
      {"a schedule that never is", {MissingTest{{"body-weight", ""}, {}, {}}, {}}, ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Texts found = of(row.condition);
      REQUIRE_FALSE(found.empty());
      CHECK(found.front().starts_with("r: "));
      CHECK(found.front().find(row.says) != std::string::npos);
      // As a part it has the same problem.
      if (std::string(row.says) != "circle") CHECK_FALSE(of(joined(How::any, {value(), row.condition})).empty());
    }
  }
}

TEST_CASE("rule: ids are there and one's own", "[thresholds][rules]") {
  CHECK(problems({rule("", value())}) == Texts{"rule 1: 'id' is missing"});
  CHECK(problems({rule("a", value()), rule("a", value())}) == Texts{"a: a second rule of this id; give it another"});
}

TEST_CASE("rule: a missing rule is restricted where it says when", "[thresholds][rules]") {
  MissingTest test{{"body-weight", ""}, {}, {{2, Severity::moderate}, {2, Severity::severe}}};
  test.schedule.every = std::chrono::hours(8);
  Rule missing = rule("m", {test, {}});
  CHECK(problems({missing}) == Texts{"m: 'escalate' counts upwards from 2 misses; 2 does not follow 2"});
  std::get<MissingTest>(missing.condition.test).escalate.clear();
  CHECK(problems({missing}).empty());
  missing.applies.from = std::chrono::year(2026) / 1 / 1;
  CHECK(problems({missing}).empty());
  missing.applies.between = DayWindow{0, 60};
  CHECK(problems({missing}).size() == 1);
  missing.applies.between.reset();
  missing.applies.meal = Meal::before;
  CHECK(problems({missing}).size() == 1);
}

TEST_CASE("rule: references go round in no circle and grow within bounds", "[thresholds][rules]") {
  SECTION("two that name each other") {
    const Texts found = problems({rule("a", refers("b")), rule("b", joined(How::all, {value(), refers("a")}))});
    CHECK(found.size() == 2);
  }
  SECTION("one that leads into a circle has not the circle's problem") {
    const Texts found = problems({rule("a", refers("b")), rule("b", refers("b"))});
    REQUIRE(found.size() == 1);
    CHECK(found.front().starts_with("b: "));
  }
  SECTION("rules that double each other") {
    std::vector<Rule> rules{rule("r0", value())};
    for (int i = 1; i < 200; ++i) {
      const std::string before = "r" + std::to_string(i - 1);
      rules.push_back(rule("r" + std::to_string(i), joined(How::all, {refers(before), refers(before)})));
    }
    const Texts found = problems(rules);
    CHECK(found.size() > 190);
    for (const Rule& grown : references_in_place(rules)) {
      std::size_t count = 0;
      each_condition(grown.condition, [&](const Condition&) { ++count; });
      CHECK(count < 1000);
    }
  }
  SECTION("as deep as is allowed, and one deeper") {
    Condition deep = value();
    for (std::size_t i = 1; i < condition_depth_max; ++i) deep = joined(How::all, {deep});
    CHECK(of(deep).empty());
    CHECK(of(joined(How::all, {deep})).size() == 1);
    CHECK(problems({rule("a", deep), rule("b", joined(How::all, {refers("a")}))}).size() == 1);
  }
  SECTION("as many as are allowed, and one more") {
    CHECK(of(joined(How::all, std::vector<Condition>(condition_parts_max - 1, value()))).empty());
    CHECK(of(joined(How::all, std::vector<Condition>(condition_parts_max, value()))).size() == 1);
  }
}

TEST_CASE("rule: a reference becomes the condition it names", "[thresholds][rules]") {
  const std::vector<Rule> placed = references_in_place(
      {rule("a", joined(How::all, {refers("b"), value(1)})), rule("b", joined(How::none, {refers("c")})), rule("c", value(7)),
       rule("d", refers("d")), rule("e", refers("nobody"))});
  const Condition& a = placed[0].condition;
  REQUIRE(a.parts.size() == 2);
  REQUIRE(a.parts[0].parts.size() == 1);
  CHECK(std::get<ValueTest>(a.parts[0].parts[0].test).bound == Number{7, 0});
  CHECK(std::get<ValueTest>(a.parts[1].test).bound == Number{1, 0});
  CHECK(std::holds_alternative<RuleReference>(placed[3].condition.test));
  CHECK(std::holds_alternative<RuleReference>(placed[4].condition.test));
}

TEST_CASE("rule: answers are a series of their own", "[thresholds][rules]") {
  CHECK(answer_series("http://example.org/q", "breath") == SeriesName{"answer", "http://example.org/q|breath"});
}
