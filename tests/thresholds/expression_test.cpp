#include "thresholds/expression.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace thresholds;

namespace {

// Knows a few kinds, kilograms and grams.
class Words final : public ExpressionWords {
 public:
  std::string problem(const SeriesName& series) const override {
    if (series.kind == "blood-pressure") return series.component == "systolic" ? "" : "needs a component";
    const bool known = series.kind == "oxygen-saturation" || series.kind == "heart-rate" || series.kind == "body-weight";
    return known && series.component.empty() ? "" : "unknown kind";
  }
  std::variant<Number, std::string> canonical(const SeriesName&, const Number& number, std::string_view unit,
                                              bool difference) const override {
    if (unit.empty() || unit == "kg" || unit == "%" || unit == "/min" || unit == "mm[Hg]") return number;
    if (unit == "g") return Number{number.coefficient, number.scale + 3};
    if (unit == "degF") return difference ? std::variant<Number, std::string>("another zero") : number;
    return "unknown unit";
  }
};

std::string with(const SeriesName& series) { return series.kind + (series.component.empty() ? "" : "/" + series.component); }

std::string sign(Compare compare) {
  constexpr const char* signs[] = {">", "<", ">=", "<="};
  return signs[static_cast<std::size_t>(compare)];
}

// The condition with every grouping shown: "(a and (b or c))".
std::string shown(const Condition& condition) {
  struct Shown {
    const Condition& condition;
    std::string operator()(const ValueTest& test) const { return with(test.series) + sign(test.compare) + text(test.bound); }
    std::string operator()(const ChangeTest& test) const {
      return std::string(test.falls ? "fall" : "rise") + (test.percent ? "%" : "") + "[" + with(test.series) + "," + text(test.within) +
             "]" + text(test.amount);
    }
    std::string operator()(const TrendTest& test) const {
      constexpr const char* names[] = {"average", "median", "slope"};
      return std::string(names[static_cast<std::size_t>(test.statistic)]) + "[" + with(test.series) + "," + text(test.within) + "," +
             std::to_string(test.readings) + "]" + sign(test.compare) + text(test.bound);
    }
    std::string operator()(const ScoreTest& test) const { return test.score + ">=" + text(*test.at_least); }
    std::string operator()(const MissingTest&) const { return "?"; }
    std::string operator()(const AnswerTest&) const { return "?"; }
    std::string operator()(const FormTest&) const { return "?"; }
    std::string operator()(const RuleReference&) const { return "?"; }
    std::string operator()(const Condition::Combination& how) const {
      std::string made = how.how == Condition::Combination::How::none ? "(not " : "(";
      for (const Condition& part : condition.parts) {
        if (&part != &condition.parts.front()) made += how.how == Condition::Combination::How::all ? " and " : " or ";
        made += shown(part);
      }
      return made + ")";
    }
  };
  return std::visit(Shown{condition}, condition.test);
}

std::string parsed(std::string_view text) {
  auto made = parse_expression(text, Words());
  if (const auto* error = std::get_if<ExpressionError>(&made)) return std::to_string(error->column) + ": " + error->text;
  return shown(std::get<Condition>(made));
}

}  // namespace

TEST_CASE("expression: what is written is what is meant", "[thresholds][expression]") {
  struct Row {
    const char* written;
    const char* meant;
  };
  const Row rows[] = {
      {"oxygen-saturation < 92", "oxygen-saturation<92"},
      {"oxygen-saturation<=92.50", "oxygen-saturation<=92.50"},
      {"  heart-rate >= 110 ", "heart-rate>=110"},
      {"heart-rate > -1", "heart-rate>-1"},
      {"blood-pressure.systolic > 180 mm[Hg]", "blood-pressure/systolic>180"},
      {"body-weight > 120000 g", "body-weight>120.000"},
      {"heart-rate > 110/min", "heart-rate>110"},
      {"oxygen-saturation < 92 % and heart-rate > 100", "(oxygen-saturation<92 and heart-rate>100)"},
      {"oxygen-saturation < 92% and heart-rate > 100 /min or body-weight > 120 kg",
       "((oxygen-saturation<92 and heart-rate>100) or body-weight>120)"},
      {"oxygen-saturation < 92 and (heart-rate > 100 or rise(body-weight, 3d) >= 2)",
       "(oxygen-saturation<92 and (heart-rate>100 or rise[body-weight,3d]2))"},
      {"heart-rate > 1 or heart-rate > 2 or heart-rate > 3", "(heart-rate>1 or heart-rate>2 or heart-rate>3)"},
      {"not heart-rate > 1 and heart-rate > 2", "((not heart-rate>1) and heart-rate>2)"},
      {"not (heart-rate > 1 and heart-rate > 2)", "(not (heart-rate>1 and heart-rate>2))"},
      {"not not heart-rate > 1", "(not (not heart-rate>1))"},
      {"((heart-rate > 1))", "heart-rate>1"},
      {"rise(body-weight,3d)>=2 kg", "rise[body-weight,3d]2"},
      {"rise_percent(body-weight, 30d) >= 5 %", "rise%[body-weight,30d]5"},
      {"fall(body-weight, 36h) >= 1500 g", "fall[body-weight,36h]1.500"},
      {"fall_percent(body-weight, 90m) >= 5", "fall%[body-weight,90m]5"},
      {"average(blood-pressure.systolic, 7d) > 135", "average[blood-pressure/systolic,7d,2]>135"},
      {"median(heart-rate, 14d, 5) <= 50", "median[heart-rate,14d,5]<=50"},
      {"slope(body-weight, 7d) > 0.2 kg", "slope[body-weight,7d,2]>0.2"},
      {"news2 >= 5 or heart-rate > 130", "(news2>=5 or heart-rate>130)"},
      {"heart-rate\n > 110\tand news2 >= 7", "(heart-rate>110 and news2>=7)"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.written) { CHECK(parsed(row.written) == row.meant); }
  }
}

TEST_CASE("expression: every error says where and what to write", "[thresholds][expression]") {
  struct Row {
    const char* written;
    const char* error;
  };
  const Row rows[] = {
      {"", "1: expected a kind, like 'heart-rate > 100'"},
      {"92 > oxygen-saturation", "1: the kind stands before the number, like 'heart-rate > 100'"},
      {"heart-rate", "11: expected '<', '<=', '>' or '>='"},
      {"heart-rate = 100", "12: expected '<', '<=', '>' or '>='"},
      {"heart-rate > ", "14: expected a number, like 92 or 37.5"},
      {"heart-rate > fast", "14: expected a number, like 92 or 37.5"},
      {"heart-rate > 1.", "14: expected a number, like 92 or 37.5"},
      {"heart-rate > 1234567890123456789", "14: has more digits than a measurement can have"},
      {"heart-rate > 100 bananas", "18: unknown unit"},
      {"heart-rate > 50 < 100", "17: one comparison at a time; join two with 'and'"},
      {"heart-rate > 100 and", "21: expected a kind, like 'heart-rate > 100'"},
      {"pulse > 100", "1: unknown kind"},
      {"blood-pressure > 100", "1: needs a component"},
      {"blood-pressure.systolic.x > 1", "24: expected '<', '<=', '>' or '>='"},
      {"blood-pressure. systolic > 1", "16: expected a component after '.', like blood-pressure.systolic"},
      {"(heart-rate > 100", "18: expected ')' for the '(' in column 1"},
      {"heart-rate > 100)", "17: this ')' has no '('"},
      {"heart-rate > 100 /min x > 1", "23: expected 'and', 'or' or the end"},
      {"rise(body-weight) >= 2", "17: expected ',' and how far back, like ', 3d'"},
      {"rise(body-weight, 3) >= 2", "19: expected how far back, like 3d, 36h or 90m, from 1m to 366d"},
      {"rise(body-weight, 0d) >= 2", "19: expected how far back, like 3d, 36h or 90m, from 1m to 366d"},
      {"rise(body-weight, 3d) > 2", "23: a rise or fall is met at equality; write '>='"},
      {"rise(body-weight, 3d) >= 2 degF", "28: another zero"},
      {"rise_percent(body-weight, 3d) >= 2 kg", "36: a percentage has no other unit than %"},
      {"rise(body-weight, 3d, 5) >= 2", "21: expected ')'"},
      {"mean(body-weight, 3d) >= 2", "1: there are rise, rise_percent, fall, fall_percent, average, median and slope before a '('"},
      {"news2 > 4", "7: a score is met at equality; write '>='"},
      // Columns count characters, not bytes.
      {"heart-rate > 1 \u00b0\u00b0 x", "16: unknown unit"},
      {"heart-rate > 1 kg \u00e6\u00f8\u00e5 x", "19: expected 'and', 'or' or the end"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.written) { CHECK(parsed(row.written) == row.error); }
  }
}

TEST_CASE("expression: length, depth and parts are bounded", "[thresholds][expression]") {
  const std::string one = "heart-rate > 1";
  CHECK(parsed(std::string(expression_length_max - one.size(), ' ') + one) == "heart-rate>1");
  CHECK(parsed(std::string(expression_length_max, ' ') + one).starts_with("1: is longer"));
  CHECK(parsed(std::string(7, '(') + one + std::string(7, ')')) == "heart-rate>1");
  CHECK(parsed(std::string(500, '(') + one).find("nested deeper") != std::string::npos);
  std::string nots;
  for (int i = 0; i < 200; ++i) nots += "not ";
  CHECK(parsed(nots + one).find("nested deeper") != std::string::npos);
  std::string mixed = one;
  for (int i = 0; i < 6; ++i) mixed = one + " and (" + one + " or " + mixed + ")";
  CHECK(parsed(mixed) == "1: is nested deeper than 8 levels; split it into several rules");
  std::string many = "news2 >= 1";
  for (int i = 0; i < 64; ++i) many += " or news2>=1";
  CHECK(parsed(many).find("more parts than a person can read") != std::string::npos);
}

TEST_CASE("expression: spans there and back", "[thresholds][expression]") {
  for (const char* written : {"3d", "36h", "90m", "366d", "1m"}) {
    REQUIRE(span_of(written));
    CHECK(text(*span_of(written)) == written);
  }
  CHECK(text(*span_of("120m")) == "2h");
  for (const char* wrong : {"", "d", "3", "0d", "-3d", "3 d", "3s", "3D", "367d", "99999999999d", "3d ", "1h30m", "527041m"}) {
    INFO(wrong);
    CHECK_FALSE(span_of(wrong));
  }
}
