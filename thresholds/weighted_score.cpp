#include "thresholds/weighted_score.hpp"

#include <algorithm>
#include <set>

namespace thresholds {
namespace {

constexpr std::size_t questions_max = 100;  // OURS: more than any questionnaire a patient is asked to fill in

void find_question_problems(const Question& question, const std::string& place, std::vector<std::string>& found) {
  if (question.choices.empty()) found.push_back(place + ": no choices");
  std::set<std::string_view> answers;
  for (const Choice& choice : question.choices) {
    if (choice.answer.empty()) found.push_back(place + ": an answer without text");
    if (!answers.insert(choice.answer).second) found.push_back(place + ": answer " + choice.answer + " given twice");
  }
}

void find_band_problems(const std::vector<TotalBand>& bands, std::vector<std::string>& found) {
  for (std::size_t i = 0; i < bands.size(); ++i) {
    const bool last = i + 1 == bands.size();
    if (last && bands[i].up_to) found.push_back("bands: the last one must have no end");
    if (!last && !bands[i].up_to) found.push_back("bands: only the last one has no end");
    if (i > 0 && bands[i].up_to && bands[i - 1].up_to && *bands[i].up_to <= *bands[i - 1].up_to) {
      found.push_back("bands: " + std::to_string(*bands[i].up_to) + " must be above the one before it");
    }
  }
}

ScoreRange range_of(const Question& question) {
  if (question.choices.empty()) return {};
  const auto [low, high] = std::minmax_element(question.choices.begin(), question.choices.end(),
                                               [](const Choice& a, const Choice& b) { return a.weight < b.weight; });
  return {low->weight, high->weight};
}

const TotalBand* band_of(const Questionnaire& questionnaire, int total) {
  const auto found = std::find_if(questionnaire.bands.begin(), questionnaire.bands.end(),
                                  [total](const TotalBand& band) { return !band.up_to || total <= *band.up_to; });
  return found == questionnaire.bands.end() ? nullptr : &*found;
}

std::optional<Colour> worse(std::optional<Colour> a, std::optional<Colour> b) {
  return std::max(a, b);  // none is less than any
}

// A scale of one point a step, answered by the number itself.
std::vector<Choice> points(std::int16_t from, std::int16_t to) {
  std::vector<Choice> choices;
  for (std::int16_t point = from; point <= to; ++point) choices.push_back({std::to_string(point), point, std::nullopt});
  return choices;
}

}  // namespace

std::vector<std::string> problems(const Questionnaire& questionnaire) {
  std::vector<std::string> found;
  if (questionnaire.questions.empty()) found.emplace_back("no questions");
  if (questionnaire.questions.size() > questions_max) {
    found.push_back("more than " + std::to_string(questions_max) + " questions");
  }
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < questionnaire.questions.size(); ++i) {
    const Question& question = questionnaire.questions[i];
    const std::string place = question.name.empty() ? "question " + std::to_string(i + 1) : question.name;
    if (question.name.empty()) found.push_back(place + ": no name");
    if (!question.name.empty() && !names.insert(question.name).second) found.push_back(place + ": given twice");
    find_question_problems(question, place, found);
  }
  find_band_problems(questionnaire.bands, found);
  return found;
}

WeightedScore weighted_score(const Questionnaire& questionnaire, std::span<const std::optional<std::string>> answers) {
  WeightedScore result;
  for (std::size_t i = 0; i < questionnaire.questions.size(); ++i) {
    const Question& question = questionnaire.questions[i];
    const std::optional<std::string> answer = i < answers.size() ? answers[i] : std::nullopt;
    const auto chosen = std::find_if(question.choices.begin(), question.choices.end(),
                                     [&answer](const Choice& choice) { return answer && choice.answer == *answer; });
    if (chosen == question.choices.end()) {
      (answer ? result.impossible : result.missing).push_back(i);
      result.components.emplace_back();
      result.possible += range_of(question);
      continue;
    }
    result.components.emplace_back(chosen->weight);
    result.possible += {chosen->weight, chosen->weight};
    result.colour = worse(result.colour, chosen->colour);
  }
  if (result.missing.empty() && result.impossible.empty()) {
    result.total = result.possible.min;
    result.band = band_of(questionnaire, *result.total);
    if (result.band) result.colour = worse(result.colour, result.band->colour);
  } else if (result.colour == Colour::green) {
    result.colour.reset();
  }
  return result;
}

Questionnaire copd_assessment_test() {
  Questionnaire cat{"cat", {}, {}};
  for (const char* name : {"cough", "phlegm", "chest_tightness", "breathlessness", "activities", "confidence", "sleep",
                           "energy"}) {
    cat.questions.push_back({name, points(0, 5)});
  }
  cat.bands = {{9, "low", std::nullopt},
               {20, "medium", std::nullopt},
               {30, "high", std::nullopt},
               {std::nullopt, "very-high", std::nullopt}};
  return cat;
}

Questionnaire clinical_frailty_scale() { return {"cfs", {{"cfs", points(1, 9)}}, {}}; }

}  // namespace thresholds
