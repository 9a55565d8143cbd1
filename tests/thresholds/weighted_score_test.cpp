#include "thresholds/weighted_score.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

using namespace thresholds;

namespace {

using Answers = std::vector<std::optional<std::string>>;

// Weights below zero, ties, and colours of answers and of totals.
Questionnaire evening() {
  return {"evening",
          {{"breath", {{"better", -1, Colour::green}, {"as usual", 0, Colour::green}, {"worse", 3, Colour::yellow}}},
           {"sputum", {{"no", 0, std::nullopt}, {"yes", 2, std::nullopt}, {"blood", 2, Colour::red}}}},
          {{1, "calm", Colour::green}, {3, "watch", Colour::yellow}, {std::nullopt, "call", Colour::red}}};
}

}  // namespace

TEST_CASE("weighted score: total, possible range, band and colour", "[thresholds][weighted-score]") {
  struct Row {
    std::string name;
    Answers answers;
    std::optional<int> total;
    ScoreRange possible;
    std::string band;
    std::optional<Colour> colour;
    std::size_t missing, impossible;
  };
  const std::optional<std::string> none;
  const std::vector<Row> rows{
      {"all normal", {"as usual", "no"}, 0, {0, 0}, "calm", Colour::green, 0, 0},
      {"a negative weight", {"better", "no"}, -1, {-1, -1}, "calm", Colour::green, 0, 0},
      {"a band's upper end", {"better", "yes"}, 1, {1, 1}, "calm", Colour::green, 0, 0},
      {"one above it", {"as usual", "yes"}, 2, {2, 2}, "watch", Colour::yellow, 0, 0},
      {"the last band has no end", {"worse", "yes"}, 5, {5, 5}, "call", Colour::red, 0, 0},
      {"an answer is worse than the total", {"better", "blood"}, 1, {1, 1}, "calm", Colour::red, 0, 0},
      {"one missing", {"worse", none}, std::nullopt, {3, 5}, "", Colour::yellow, 1, 0},
      {"the other missing", {none, "yes"}, std::nullopt, {1, 5}, "", std::nullopt, 1, 0},
      {"green of half a set is no colour", {"as usual", none}, std::nullopt, {0, 2}, "", std::nullopt, 1, 0},
      {"red of half a set is red", {none, "blood"}, std::nullopt, {1, 5}, "", Colour::red, 1, 0},
      {"no such answer", {"WORSE", "yes"}, std::nullopt, {1, 5}, "", std::nullopt, 0, 1},
      {"an empty answer", {"", "yes"}, std::nullopt, {1, 5}, "", std::nullopt, 0, 1},
      {"too few answers", {"worse"}, std::nullopt, {3, 5}, "", Colour::yellow, 1, 0},
      {"no answers", {}, std::nullopt, {-1, 5}, "", std::nullopt, 2, 0},
      {"answers to questions nobody asked", {"as usual", "no", "more"}, 0, {0, 0}, "calm", Colour::green, 0, 0},
  };
  const Questionnaire questionnaire = evening();
  REQUIRE(problems(questionnaire).empty());
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const WeightedScore result = weighted_score(questionnaire, row.answers);
      CHECK(result.total == row.total);
      CHECK((result.possible == row.possible));
      CHECK((result.band ? result.band->name : "") == row.band);
      CHECK((result.colour == row.colour));
      CHECK(result.components.size() == 2);
      CHECK(result.missing.size() == row.missing);
      CHECK(result.impossible.size() == row.impossible);
    }
  }
}

TEST_CASE("weighted score: the possible range is exactly what completions reach", "[thresholds][weighted-score]") {
  const Questionnaire questionnaire = evening();
  const auto with_missing = [](const Question& question) {
    Answers all{std::nullopt};
    for (const Choice& choice : question.choices) all.emplace_back(choice.answer);
    return all;
  };
  for (const auto& breath : with_missing(questionnaire.questions[0])) {
    for (const auto& sputum : with_missing(questionnaire.questions[1])) {
      int least = 99, most = -99;
      for (const Choice& a : questionnaire.questions[0].choices) {
        for (const Choice& b : questionnaire.questions[1].choices) {
          if ((breath && *breath != a.answer) || (sputum && *sputum != b.answer)) continue;
          least = std::min(least, a.weight + b.weight);
          most = std::max(most, a.weight + b.weight);
        }
      }
      INFO(breath.value_or("-") << ", " << sputum.value_or("-"));
      CHECK((weighted_score(questionnaire, Answers{breath, sputum}).possible == ScoreRange{least, most}));
    }
  }
}

TEST_CASE("weighted score: every problem of a questionnaire is told", "[thresholds][weighted-score]") {
  const Questionnaire bad{"bad",
                          {{"", {{"yes", 1, std::nullopt}}},
                           {"a", {}},
                           {"a", {{"yes", 1, std::nullopt}, {"yes", 2, std::nullopt}, {"", 0, std::nullopt}}}},
                          {{std::nullopt, "x", std::nullopt}, {5, "y", std::nullopt}, {5, "z", std::nullopt}}};
  CHECK(problems(bad) == std::vector<std::string>{
                             "question 1: no name", "a: no choices", "a: given twice", "a: answer yes given twice",
                             "a: an answer without text", "bands: only the last one has no end",
                             "bands: the last one must have no end", "bands: 5 must be above the one before it"});
  CHECK(problems(Questionnaire{"empty", {}, {}}) == std::vector<std::string>{"no questions"});
  Questionnaire long_one{"long", {}, {}};
  for (int i = 0; i < 101; ++i) long_one.questions.push_back({std::to_string(i), {{"0", 0, std::nullopt}}});
  CHECK(problems(long_one) == std::vector<std::string>{"more than 100 questions"});
  // Scored as far as it can be read, never a crash.
  CHECK((weighted_score(bad, Answers{"yes"}).possible == ScoreRange{1, 3}));
}

TEST_CASE("weighted score: CAT is eight questions of 0 to 5 with GOLD's cut at 10", "[thresholds][weighted-score]") {
  const Questionnaire cat = copd_assessment_test();
  REQUIRE(problems(cat).empty());
  REQUIRE(cat.questions.size() == 8);
  CHECK((weighted_score(cat, Answers{}).possible == ScoreRange{0, 40}));
  struct Row {
    Answers answers;
    int total;
    std::string band;
  };
  const std::vector<Row> rows{
      {{"0", "0", "0", "0", "0", "0", "0", "0"}, 0, "low"},
      {{"5", "4", "0", "0", "0", "0", "0", "0"}, 9, "low"},
      {{"5", "5", "0", "0", "0", "0", "0", "0"}, 10, "medium"},
      {{"5", "5", "5", "5", "0", "0", "0", "0"}, 20, "medium"},
      {{"5", "5", "5", "5", "1", "0", "0", "0"}, 21, "high"},
      {{"5", "5", "5", "5", "5", "5", "0", "0"}, 30, "high"},
      {{"5", "5", "5", "5", "5", "5", "1", "0"}, 31, "very-high"},
      {{"5", "5", "5", "5", "5", "5", "5", "5"}, 40, "very-high"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.total) {
      const WeightedScore result = weighted_score(cat, row.answers);
      CHECK(result.total == row.total);
      REQUIRE(result.band);
      CHECK(result.band->name == row.band);
    }
  }
  for (const char* no_answer : {"6", "-1", "2.5", "05", "five"}) {
    CHECK(weighted_score(cat, Answers{no_answer}).impossible == std::vector<std::size_t>{0});
  }
}

TEST_CASE("weighted score: CFS is passed through, 1 to 9", "[thresholds][weighted-score]") {
  const Questionnaire cfs = clinical_frailty_scale();
  REQUIRE(problems(cfs).empty());
  for (int level = 1; level <= 9; ++level) CHECK(weighted_score(cfs, Answers{std::to_string(level)}).total == level);
  CHECK((weighted_score(cfs, Answers{}).possible == ScoreRange{1, 9}));
  for (const char* no_level : {"0", "10"}) CHECK_FALSE(weighted_score(cfs, Answers{no_level}).total);
}
