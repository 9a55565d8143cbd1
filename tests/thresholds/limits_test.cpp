#include "thresholds/limits.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

using namespace thresholds;

namespace {

// 140 / 120 / 65 / 50, one decimal more in the readings than in the bounds.
Limit systolic() {
  return {"blood-pressure", "systolic", Number{50, 0}, Number{65, 0}, Number{120, 0}, Number{140, 0}};
}

Sample reading(Number value, Comparator comparator = Comparator::none) {
  return {"blood-pressure", "systolic", value, comparator};
}

Limit glucose(std::optional<Number> alert_low, std::optional<Number> warning_low, std::optional<Number> warning_high,
              std::optional<Number> alert_high) {
  return {"blood-glucose", "", alert_low, warning_low, warning_high, alert_high};
}

}  // namespace

TEST_CASE("limits: strict at each bound, one step either side", "[thresholds][limits]") {
  struct Row {
    std::string name;
    Number value;
    Outcome outcome;
    std::optional<Bound> bound;
    Severity severity;
    Direction direction;
  };
  const std::vector<Row> rows{
      {"above alert_high", {1401, 1}, Outcome::breach, Bound::alert_high, Severity::severe, Direction::high},
      {"at alert_high is inside it",
       {140, 0},
       Outcome::breach,
       Bound::warning_high,
       Severity::moderate,
       Direction::high},
      {"at alert_high with decimals",
       {14000, 2},
       Outcome::breach,
       Bound::warning_high,
       Severity::moderate,
       Direction::high},
      {"below alert_high", {1399, 1}, Outcome::breach, Bound::warning_high, Severity::moderate, Direction::high},
      {"above warning_high", {1201, 1}, Outcome::breach, Bound::warning_high, Severity::moderate, Direction::high},
      {"at warning_high", {120, 0}, Outcome::within, std::nullopt, Severity::normal, Direction::high},
      {"below warning_high", {1199, 1}, Outcome::within, std::nullopt, Severity::normal, Direction::high},
      {"above warning_low", {651, 1}, Outcome::within, std::nullopt, Severity::normal, Direction::high},
      {"at warning_low", {65, 0}, Outcome::within, std::nullopt, Severity::normal, Direction::high},
      {"below warning_low", {649, 1}, Outcome::breach, Bound::warning_low, Severity::moderate, Direction::low},
      {"above alert_low", {501, 1}, Outcome::breach, Bound::warning_low, Severity::moderate, Direction::low},
      {"at alert_low", {50, 0}, Outcome::breach, Bound::warning_low, Severity::moderate, Direction::low},
      {"below alert_low", {499, 1}, Outcome::breach, Bound::alert_low, Severity::severe, Direction::low},
      {"negative", {-1, 0}, Outcome::breach, Bound::alert_low, Severity::severe, Direction::low},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Verdict verdict = judge(systolic(), reading(row.value));
      CHECK(verdict.outcome == row.outcome);
      CHECK(verdict.bound == row.bound);
      CHECK(verdict.severity == row.severity);
      CHECK(verdict.direction == row.direction);
      CHECK(verdict.limit.has_value() == row.bound.has_value());
    }
  }
}

TEST_CASE("limits: the verdict carries the value of the bound crossed", "[thresholds][limits]") {
  CHECK(judge(systolic(), reading({181, 0})).limit == Number{140, 0});
  CHECK(judge(systolic(), reading({121, 0})).limit == Number{120, 0});
  CHECK(judge(systolic(), reading({60, 0})).limit == Number{65, 0});
  CHECK(judge(systolic(), reading({10, 0})).limit == Number{50, 0});
}

TEST_CASE("limits: a comparator counts", "[thresholds][limits]") {
  const Number low{39, 1}, twenty{20, 0}, forty{40, 0};
  struct Row {
    std::string name;
    Limit limit;
    Comparator comparator;
    Number value;
    Outcome outcome;
    std::optional<Bound> bound;
  };
  const std::optional<Number> none;
  const std::vector<Row> rows{
      {">33.3 breaches alert_high 20",
       glucose(none, none, none, twenty),
       Comparator::greater,
       {333, 1},
       Outcome::breach,
       Bound::alert_high},
      {">33.3 is open against alert_high 40",
       glucose(none, none, none, forty),
       Comparator::greater,
       {333, 1},
       Outcome::undecidable,
       {}},
      {">33.3: certain inner, open outer",
       glucose(none, none, twenty, forty),
       Comparator::greater,
       {333, 1},
       Outcome::breach,
       Bound::warning_high},
      {">20 is above 20",
       glucose(none, none, none, twenty),
       Comparator::greater,
       {20, 0},
       Outcome::breach,
       Bound::alert_high},
      {">19.9 is open against 20",
       glucose(none, none, none, twenty),
       Comparator::greater,
       {199, 1},
       Outcome::undecidable,
       {}},
      {">=20 is open against 20",
       glucose(none, none, none, twenty),
       Comparator::greater_or_equal,
       {20, 0},
       Outcome::undecidable,
       {}},
      {">=20.1 is above 20",
       glucose(none, none, none, twenty),
       Comparator::greater_or_equal,
       {201, 1},
       Outcome::breach,
       Bound::alert_high},
      {">33.3 cannot be below 3.9", glucose(low, none, none, none), Comparator::greater, {333, 1}, Outcome::within, {}},
      {">3.9 cannot be below 3.9", glucose(low, none, none, none), Comparator::greater, low, Outcome::within, {}},
      {">=3.9 cannot be below 3.9",
       glucose(low, none, none, none),
       Comparator::greater_or_equal,
       low,
       Outcome::within,
       {}},
      {">3.8 is open against 3.9",
       glucose(low, none, none, none),
       Comparator::greater,
       {38, 1},
       Outcome::undecidable,
       {}},
      {"<1.1 breaches alert_low 3.9",
       glucose(low, none, none, none),
       Comparator::less,
       {11, 1},
       Outcome::breach,
       Bound::alert_low},
      {"<3.9 is below 3.9", glucose(low, none, none, none), Comparator::less, low, Outcome::breach, Bound::alert_low},
      {"<=3.9 is open against 3.9",
       glucose(low, none, none, none),
       Comparator::less_or_equal,
       low,
       Outcome::undecidable,
       {}},
      {"<=3.8 is below 3.9",
       glucose(low, none, none, none),
       Comparator::less_or_equal,
       {38, 1},
       Outcome::breach,
       Bound::alert_low},
      {"<4.0 is open against 3.9", glucose(low, none, none, none), Comparator::less, {40, 1}, Outcome::undecidable, {}},
      {"<5: certain inner, open outer",
       glucose(low, Number{6, 0}, none, none),
       Comparator::less,
       {5, 0},
       Outcome::breach,
       Bound::warning_low},
      {"<1.1 cannot be above 20", glucose(none, none, none, twenty), Comparator::less, {11, 1}, Outcome::within, {}},
      {"<20 cannot be above 20", glucose(none, none, none, twenty), Comparator::less, twenty, Outcome::within, {}},
      {"<=20 cannot be above 20",
       glucose(none, none, none, twenty),
       Comparator::less_or_equal,
       twenty,
       Outcome::within,
       {}},
      {"<=20.1 is open against 20",
       glucose(none, none, none, twenty),
       Comparator::less_or_equal,
       {201, 1},
       Outcome::undecidable,
       {}},
      {"<30 is open high and open low",
       glucose(low, none, none, twenty),
       Comparator::less,
       {30, 0},
       Outcome::undecidable,
       {}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Verdict verdict = judge(row.limit, {"blood-glucose", "", row.value, row.comparator});
      CHECK(verdict.outcome == row.outcome);
      CHECK(verdict.bound == row.bound);
    }
  }
}

TEST_CASE("limits: what a limit does not speak of is no-limit", "[thresholds][limits]") {
  CHECK(judge(systolic(), {"heart-rate", "", {300, 0}, Comparator::none}).outcome == Outcome::no_limit);
  CHECK(judge(systolic(), {"blood-pressure", "diastolic", {300, 0}, Comparator::none}).outcome == Outcome::no_limit);
  CHECK(judge(glucose({}, {}, {}, {}), {"blood-glucose", "", {300, 0}, Comparator::none}).outcome == Outcome::no_limit);
}

TEST_CASE("limits: a zero bound is a bound", "[thresholds][limits]") {
  Limit limit{"blood-pressure", "systolic", {}, {}, {}, Number{0, 0}};
  CHECK(judge(limit, reading({1, 0})).outcome == Outcome::breach);
}

TEST_CASE("limits: problems name the limit and the bounds", "[thresholds][limits]") {
  struct Row {
    std::string name;
    std::vector<Limit> limits;
    std::vector<std::string> expected;
  };
  const std::optional<Number> none;
  const std::vector<Row> rows{
      {"none", {systolic()}, {}},
      {"one bound is enough", {glucose(none, none, none, Number{20, 0})}, {}},
      {"skipped bounds are compared across the gap",
       {glucose(Number{20, 0}, none, none, Number{20, 0})},
       {"blood-glucose: alert_high 20 must be above alert_low 20"}},
      {"equal bounds",
       {glucose(none, none, Number{200, 1}, Number{20, 0})},
       {"blood-glucose: alert_high 20 must be above warning_high 20.0"}},
      {"two faults at once",
       {glucose(Number{4, 0}, Number{39, 1}, Number{30, 0}, Number{20, 0})},
       {"blood-glucose: alert_high 20 must be above warning_high 30",
        "blood-glucose: warning_low 3.9 must be above alert_low 4"}},
      {"no bound", {{"blood-pressure", "systolic", {}, {}, {}, {}}}, {"blood-pressure/systolic: no bound given"}},
      {"twice",
       {systolic(), systolic(), systolic()},
       {"blood-pressure/systolic: given twice", "blood-pressure/systolic: given twice"}},
      {"no kind", {{"", "", {}, {}, {}, Number{1, 0}}}, {"limit 1: kind is missing"}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(problems(row.limits) == row.expected);
    }
  }
}

TEST_CASE("limits: problems of what came later than bounds", "[thresholds][limits]") {
  struct Row {
    const char* name;
    void (*change)(Limit&);
    const char* says;
  };
  // 50 65 120 140
  const Row rows[] = {
      {"clear_low inside", [](Limit& limit) { limit.clear_low = Number{70, 0}; }, ""},
      {"clear_high inside", [](Limit& limit) { limit.clear_high = Number{110, 0}; }, ""},
      {"clear_low at the warning", [](Limit& limit) { limit.clear_low = Number{65, 0}; }, "clear_low 65 must be above 65"},
      {"clear_low past the other side", [](Limit& limit) { limit.clear_low = Number{120, 0}; }, "clear_low 120 must be below 120"},
      {"clear_high at the warning", [](Limit& limit) { limit.clear_high = Number{120, 0}; }, "clear_high 120 must be below 120"},
      {"clear bounds that leave nothing",
       [](Limit& limit) {
         limit.clear_low = Number{110, 0};
         limit.clear_high = Number{100, 0};
       },
       "no reading would be back to normal"},
      {"clear_low of nothing",
       [](Limit& limit) {
         limit.alert_low = limit.warning_low = {};
         limit.clear_low = Number{60, 0};
       },
       "clear_low needs warning_low or alert_low"},
      {"of and for",
       [](Limit& limit) {
         limit.of = CountOf{2, 3};
         limit.sustained = std::chrono::minutes(1);
       },
       "give one"},
      {"no day", [](Limit& limit) { limit.applies.days.weekdays = 0; }, "no day"},
      {"a baseline of nothing", [](Limit& limit) { limit.baseline = Baseline{.statistic = Baseline::Statistic::median}; }, "window"},
      {"a percentage of nothing", [](Limit& limit) { limit.baseline = Baseline{.percent = true}; }, "above 0"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Limit limit = systolic();
      row.change(limit);
      const auto found = problems(std::vector<Limit>{limit});
      if (std::string(row.says).empty()) {
        CHECK(found.empty());
      } else {
        REQUIRE(found.size() == 1);
        CHECK(found.front().find(row.says) != std::string::npos);
      }
    }
  }
}

TEST_CASE("limits: two for one kind stand beside each other when they never speak of one reading", "[thresholds][limits]") {
  Limit day = systolic(), night = systolic();
  day.applies.between = DayWindow{7 * 60, 22 * 60 - 1};
  night.applies.between = DayWindow{22 * 60, 7 * 60 - 1};
  CHECK(problems({day, night}).empty());
  night.applies.between->to_minute += 1;
  CHECK(problems({day, night}) == std::vector<std::string>{"blood-pressure/systolic: two limits may speak of the same reading"});
  CHECK(problems({day, systolic()}).size() == 1);
}

TEST_CASE("limits: outcomes have names", "[thresholds][limits]") {
  CHECK(name(Outcome::within) == "within");
  CHECK(name(Outcome::no_limit) == "no-limit");
  CHECK(name(Outcome::not_now) == "not-now");
}
