#include "thresholds/form_total.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace thresholds;

namespace {

using Answers = std::vector<std::optional<Number>>;

FormTest three() {
  FormTest form;
  form.questionnaire = "http://forms/x";
  form.links = {"a", "b", "c"};
  return form;
}

}  // namespace

TEST_CASE("form total: of a complete form only, and always the range", "[thresholds][form]") {
  const FormTest form = three();
  CHECK(form_total(form, Answers{Number{1, 0}, Number{2, 0}, Number{5, 0}}).total == 8);
  const FormTotal partial = form_total(form, Answers{Number{1, 0}, std::nullopt, Number{5, 0}});
  CHECK_FALSE(partial.total);
  CHECK((partial.possible == ScoreRange{6, 11}));
  CHECK((form_total(form, Answers{}).possible == ScoreRange{0, 15}));
}

TEST_CASE("form total: what is off the scale is unknown", "[thresholds][form]") {
  const FormTest form = three();
  for (const Number& off : {Number{6, 0}, Number{-1, 0}, Number{15, 1}}) {
    const FormTotal made = form_total(form, Answers{Number{1, 0}, off, Number{5, 0}});
    CHECK_FALSE(made.total);
    CHECK((made.possible == ScoreRange{6, 11}));
  }
  CHECK(form_total(form, Answers{Number{10, 1}, Number{2, 0}, Number{5, 0}}).total == 8);  // 1.0
}

TEST_CASE("form total: weights, also negative ones, and another scale", "[thresholds][form]") {
  FormTest form = three();
  form.weights = {2, 1, -1};
  form.lowest = 1;
  form.highest = 4;
  CHECK(form_total(form, Answers{Number{3, 0}, Number{1, 0}, Number{4, 0}}).total == 3);
  CHECK((form_total(form, Answers{Number{3, 0}, Number{1, 0}, std::nullopt}).possible == ScoreRange{3, 6}));
}
