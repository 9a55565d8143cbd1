// Scores that are a sum of weighted answers: a questionnaire as data, and one scorer for all of them. Pure and total.
// A missing answer is never worth nothing: there is a total only of a complete set, and always the range it lies in.
// NEWS2 has a file of its own, because there one answer decides what another is worth.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thresholds/alarm_state.hpp"
#include "thresholds/score_range.hpp"

namespace thresholds {

struct Choice {
  std::string answer;
  std::int16_t weight = 0;       // so that no questionnaire's sum overflows
  std::optional<Colour> colour;  // what this answer is by itself, whatever the total
};

struct Question {
  std::string name;
  std::vector<Choice> choices;
};

// Totals up to and including `up_to` that no earlier band has; the last one has no end.
struct TotalBand {
  std::optional<int> up_to;
  std::string name;
  std::optional<Colour> colour;
};

struct Questionnaire {
  std::string name;
  std::vector<Question> questions;
  std::vector<TotalBand> bands;  // ascending; none: the total stands for itself
};

// Every problem in words: no questions or more than 100, a question or answer without name or given twice, a question
// without choices, bands that do not ascend or whose last one ends.
std::vector<std::string> problems(const Questionnaire&);

struct WeightedScore {
  std::vector<std::optional<int>> components;  // by question
  std::optional<int> total;                    // only when every question is answered
  ScoreRange possible;
  const TotalBand* band = nullptr;  // of the total, part of the questionnaire
  // The worst of the answers given and of the total. Green only of a complete set.
  std::optional<Colour> colour;
  std::vector<std::size_t> missing;     // questions without answer
  std::vector<std::size_t> impossible;  // questions whose answer is none of the choices: unknown, like a missing one
};

// One answer a question, in their order; what is beyond the end is missing.
WeightedScore weighted_score(const Questionnaire&, std::span<const std::optional<std::string>> answers);
// The band is part of the questionnaire, so it has to outlive the score.
WeightedScore weighted_score(Questionnaire&&, std::span<const std::optional<std::string>> answers) = delete;

// The COPD Assessment Test (Jones 2009): eight questions of 0 to 5. GOLD 2023 has the one cut at 10; the upper bands
// are those in common use (INFERRED).
Questionnaire copd_assessment_test();
// The Clinical Frailty Scale (Rockwood, version 2.0), 1 to 9: a person's judgement of the patient about two weeks
// ago, which is passed through and never computed from anything.
Questionnaire clinical_frailty_scale();

}  // namespace thresholds
