#include "thresholds/rule_set.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>

using namespace thresholds;
using namespace std::chrono_literals;

namespace {

constexpr Time noon{std::chrono::sys_days{std::chrono::year(2026) / 3 / 10} + 12h};

Number number(double value) { return {static_cast<std::int64_t>(value * 1000 + (value < 0 ? -0.5 : 0.5)), 3}; }

// A patient's readings by series name, and the judging of the newest known one.
class Patient {
 public:
  Patient(std::vector<Limit> limits, std::vector<Rule> rules) : set_(std::move(limits), std::move(rules)) {}

  Person person;

  // The reading becomes known and is judged.
  const Judgements& reads(const std::string& kind, double value, Time at = noon, Comparator comparator = Comparator::none,
                          const std::string& component = {}) {
    return reads(kind, component, Reading{.measured = at, .value = number(value), .comparator = comparator});
  }
  const Judgements& reads(const std::string& kind, const std::string& component, Reading reading) {
    reading.id = ++ids_;
    std::vector<Reading>& series = readings_[kind + "/" + component];
    auto place = std::upper_bound(series.begin(), series.end(), reading.measured,
                                  [](Time time, const Reading& known) { return time < known.measured; });
    series.insert(place, reading);
    const auto changed = set_.place_of(kind, component);
    REQUIRE(changed);
    const std::uint16_t place_of_series = static_cast<std::uint16_t>(*changed);
    std::vector<Series> history;
    for (const SeriesName& name : set_.series()) history.push_back(readings_[name.kind + "/" + name.component]);
    Judgements again;
    set_.judge(history, {&place_of_series, 1}, reading.measured, person, again);
    set_.judge(history, {&place_of_series, 1}, reading.measured, person, out_);
    // Judging twice changes nothing.
    REQUIRE(again.rules.size() == out_.rules.size());
    for (std::size_t i = 0; i < again.rules.size(); ++i) {
      REQUIRE(again.rules[i].verdict.outcome == out_.rules[i].verdict.outcome);
      REQUIRE(again.rules[i].evidence.count == out_.rules[i].evidence.count);
    }
    return out_;
  }
  const RuleSet& set() const { return set_; }

 private:
  RuleSet set_;
  std::map<std::string, std::vector<Reading>> readings_;
  Judgements out_;
  std::uint64_t ids_ = 0;
};

Rule rule(Condition condition) {
  Rule rule;
  rule.id = "r";
  rule.condition = std::move(condition);
  return rule;
}

Condition value(const std::string& kind, Compare compare, double bound) {
  ValueTest test;
  test.series = {kind, ""};
  test.compare = compare;
  test.bound = number(bound);
  return {test, {}};
}

Condition change(const std::string& kind, bool falls, double amount, Span within, bool percent = false) {
  ChangeTest test;
  test.series = {kind, ""};
  test.falls = falls;
  test.amount = number(amount);
  test.percent = percent;
  test.within = within;
  return {test, {}};
}

Condition combined(Condition::Combination::How how, Span within, std::vector<Condition> parts) {
  return {Condition::Combination{how, within}, std::move(parts)};
}

Outcome outcome(const Judgements& judgements) {
  REQUIRE(judgements.rules.size() == 1);
  return judgements.rules.front().verdict.outcome;
}

std::string why(const Judgements& judgements) { return std::string(judgements.rules.front().evidence.why); }

constexpr Time days_before(int days) { return noon - std::chrono::days(days); }

}  // namespace

TEST_CASE("rules: above and below are strict, at_least and at_most are met at equality", "[rules]") {
  struct Row {
    Compare compare;
    double value;
    Outcome outcome;
  };
  for (const Row& row : {Row{Compare::above, 110, Outcome::within}, Row{Compare::above, 110.001, Outcome::breach},
                         Row{Compare::below, 110, Outcome::within}, Row{Compare::below, 109.999, Outcome::breach},
                         Row{Compare::at_least, 110, Outcome::breach}, Row{Compare::at_least, 109.999, Outcome::within},
                         Row{Compare::at_most, 110, Outcome::breach}, Row{Compare::at_most, 110.001, Outcome::within}}) {
    Patient patient({}, {rule(value("heart-rate", row.compare, 110))});
    CHECK(outcome(patient.reads("heart-rate", row.value)) == row.outcome);
  }
}

TEST_CASE("rules: a comparator decides where it can and says so where it cannot", "[rules]") {
  Patient patient({}, {rule(value("blood-glucose", Compare::above, 20))});
  CHECK(outcome(patient.reads("blood-glucose", 33.3, noon, Comparator::greater)) == Outcome::breach);
  CHECK(outcome(patient.reads("blood-glucose", 10, noon, Comparator::greater)) == Outcome::undecidable);
  CHECK(outcome(patient.reads("blood-glucose", 1.1, noon, Comparator::less)) == Outcome::within);
}

TEST_CASE("rules: a rise is met at equality, against the lowest of the window, both ends inside", "[rules]") {
  struct Row {
    const char* name;
    std::vector<std::pair<int, double>> before;  // days before, kg
    double now;
    Outcome outcome;
  };
  const Row rows[] = {
      {"nothing before", {}, 80, Outcome::incomplete},
      {"exactly two", {{1, 80}}, 82, Outcome::breach},
      {"a little less", {{1, 80}}, 81.999, Outcome::within},
      {"the lowest counts, not the last", {{2, 80}, {1, 81.5}}, 82, Outcome::breach},
      {"three days back is inside", {{3, 80}, {1, 81.5}}, 82, Outcome::breach},
      {"four days back is outside", {{4, 80}, {1, 81.5}}, 82, Outcome::within},
      {"only what is outside", {{4, 80}}, 82, Outcome::incomplete},
      {"falling is no rise", {{1, 84}}, 80, Outcome::within},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Patient patient({}, {rule(change("body-weight", false, 2, {3, 0min}))});
      for (const auto& [days, weight] : row.before) patient.reads("body-weight", weight, days_before(days));
      CHECK(outcome(patient.reads("body-weight", row.now)) == row.outcome);
    }
  }
}

TEST_CASE("rules: days are calendar days, so the morning three days ago is inside in the evening", "[rules]") {
  Patient calendar({}, {rule(change("body-weight", false, 2, {3, 0min}))});
  calendar.reads("body-weight", 80, days_before(3) - 12h);  // midnight
  CHECK(outcome(calendar.reads("body-weight", 82, noon + 11h)) == Outcome::breach);
  Patient before_midnight({}, {rule(change("body-weight", false, 2, {3, 0min}))});
  before_midnight.reads("body-weight", 80, days_before(3) - 12h - 1us);
  CHECK(outcome(before_midnight.reads("body-weight", 82, noon + 11h)) == Outcome::incomplete);
  Patient duration({}, {rule(change("body-weight", false, 2, {0, 72h}))});
  duration.reads("body-weight", 80, noon - 72h);
  CHECK(outcome(duration.reads("body-weight", 82, noon)) == Outcome::breach);
  Patient too_long({}, {rule(change("body-weight", false, 2, {0, 72h}))});
  too_long.reads("body-weight", 80, noon - 72h - 1us);
  CHECK(outcome(too_long.reads("body-weight", 82, noon)) == Outcome::incomplete);
}

TEST_CASE("rules: a fall in percent is of what it fell from", "[rules]") {
  Patient patient({}, {rule(change("body-weight", true, 5, {30, 0min}, true))});
  patient.reads("body-weight", 80, days_before(20));
  CHECK(outcome(patient.reads("body-weight", 76.001, days_before(1))) == Outcome::within);
  CHECK(outcome(patient.reads("body-weight", 76, noon)) == Outcome::breach);
}

TEST_CASE("rules: readings of one instant give the same rise in either order", "[rules]") {
  for (bool low_first : {true, false}) {
    Patient patient({}, {rule(change("body-weight", false, 2, {3, 0min}))});
    patient.reads("body-weight", low_first ? 80 : 82.5);
    CHECK(outcome(patient.reads("body-weight", low_first ? 82.5 : 80)) == Outcome::breach);
  }
}

TEST_CASE("rules: so many of the last; fewer than last count as they are", "[rules]") {
  ValueTest test;
  test.series = {"oxygen-saturation", ""};
  test.compare = Compare::below;
  test.bound = number(92);
  test.of = CountOf{3, 4};
  Patient patient({}, {rule({test, {}})});
  int minute = 0;
  auto next = [&](double value) { return outcome(patient.reads("oxygen-saturation", value, noon + std::chrono::minutes(++minute))); };
  CHECK(next(91) == Outcome::pending);
  CHECK(next(91) == Outcome::pending);
  CHECK(next(91) == Outcome::breach);  // three of three
  CHECK(next(95) == Outcome::breach);  // three of four
  CHECK(next(95) == Outcome::within);
  CHECK(next(91) == Outcome::pending);  // below, and not often enough: no return to normal
  CHECK(next(91) == Outcome::pending);
  CHECK(next(91) == Outcome::breach);
}

TEST_CASE("rules: for so long, without a gap longer than that", "[rules]") {
  ValueTest test;
  test.series = {"heart-rate", ""};
  test.bound = number(110);
  test.sustained = 10min;
  Patient patient({}, {rule({test, {}})});
  auto next = [&](double value, int minute) { return outcome(patient.reads("heart-rate", value, noon + std::chrono::minutes(minute))); };
  CHECK(next(120, 0) == Outcome::pending);
  CHECK(next(120, 5) == Outcome::pending);
  CHECK(next(120, 10) == Outcome::breach);
  CHECK(next(100, 12) == Outcome::within);
  CHECK(next(120, 13) == Outcome::pending);
  CHECK(next(120, 24) == Outcome::pending);  // a gap of eleven minutes
  CHECK(next(120, 34) == Outcome::breach);   // of ten: as long as it may be
}

TEST_CASE("rules: all take the newest of each kind, and what is too far apart is not decided", "[rules]") {
  const Span two_hours{0, 120min};
  auto made = [&] {
    return rule(combined(Condition::Combination::How::all, two_hours,
                         {value("oxygen-saturation", Compare::below, 92), value("heart-rate", Compare::above, 100)}));
  };
  Patient patient({}, {made()});
  CHECK(outcome(patient.reads("oxygen-saturation", 90, noon)) == Outcome::incomplete);
  CHECK(outcome(patient.reads("heart-rate", 105, noon + 2h)) == Outcome::breach);  // both ends inside
  CHECK(outcome(patient.reads("heart-rate", 105, noon + 2h + 1s)) == Outcome::incomplete);
  CHECK(outcome(patient.reads("oxygen-saturation", 95, noon + 3h)) == Outcome::within);
  CHECK(outcome(patient.reads("oxygen-saturation", 90, noon + 9h)) == Outcome::incomplete);  // a normal pulse of then says nothing of now
}

TEST_CASE("rules: combinations follow three values", "[rules]") {
  using How = Condition::Combination::How;
  struct Row {
    const char* name;
    How how;
    Outcome outcome;
  };
  // SpO2 is low, the pulse is not known.
  for (const Row& row : {Row{"all", How::all, Outcome::incomplete}, Row{"any", How::any, Outcome::breach}}) {
    DYNAMIC_SECTION(row.name) {
      Patient patient({}, {rule(combined(row.how, {},
                                         {value("oxygen-saturation", Compare::below, 92), value("heart-rate", Compare::above, 100)}))});
      CHECK(outcome(patient.reads("oxygen-saturation", 90)) == row.outcome);
    }
  }
  Patient negated({}, {rule(combined(How::all, {},
                                     {value("oxygen-saturation", Compare::below, 92),
                                      combined(How::none, {}, {value("heart-rate", Compare::above, 100)})}))});
  CHECK(outcome(negated.reads("oxygen-saturation", 90)) == Outcome::incomplete);
  CHECK(outcome(negated.reads("heart-rate", 80)) == Outcome::breach);
  CHECK(outcome(negated.reads("heart-rate", 101, noon + 1min)) == Outcome::within);
}

TEST_CASE("rules: a reference stands for the other rule, a circle judges nothing", "[rules]") {
  Rule low = rule(value("oxygen-saturation", Compare::below, 92));
  low.id = "low";
  Rule both = rule(combined(Condition::Combination::How::all, {}, {Condition{RuleReference{"low"}, {}}, value("heart-rate", Compare::above, 100)}));
  both.id = "both";
  Rule circle = rule({RuleReference{"circle"}, {}});
  circle.id = "circle";
  Patient patient({}, {low, both, circle});
  patient.reads("heart-rate", 110);
  const Judgements& judged = patient.reads("oxygen-saturation", 90);
  REQUIRE(judged.rules.size() == 2);
  CHECK(judged.rules[0].verdict.outcome == Outcome::breach);
  CHECK(judged.rules[1].verdict.outcome == Outcome::breach);
}

TEST_CASE("rules: hysteresis keeps an alarm until the clear bound is reached", "[rules]") {
  Limit limit;
  limit.kind = "oxygen-saturation";
  limit.warning_low = number(92);
  limit.clear_low = number(94);
  Patient patient({limit}, {});
  struct Row {
    double value;
    Outcome outcome;
    bool clears;
  };
  for (const Row& row : {Row{91.9, Outcome::breach, true}, Row{92, Outcome::within, false}, Row{93.9, Outcome::within, false},
                         Row{94, Outcome::within, true}}) {
    const Judgements& judged = patient.reads("oxygen-saturation", row.value);
    REQUIRE(judged.limits.size() == 1);
    CHECK(judged.limits.front().verdict.outcome == row.outcome);
    CHECK(judged.limits.front().verdict.clears == row.clears);
  }
}

TEST_CASE("rules: limits relative to the patient's own baseline", "[rules]") {
  Limit limit;
  limit.kind = "oxygen-saturation";
  limit.alert_low = number(-5);
  limit.warning_low = number(-3);
  limit.baseline = Baseline{Baseline::Statistic::median, {}, {14, 0min}, 3, false};
  Patient patient({limit}, {});
  auto judged = [&](double value, Time at) { return patient.reads("oxygen-saturation", value, at).limits.front(); };
  CHECK(judged(93, days_before(5)).verdict.outcome == Outcome::incomplete);
  CHECK(judged(94, days_before(4)).verdict.outcome == Outcome::incomplete);
  CHECK(judged(92, days_before(3)).verdict.outcome == Outcome::incomplete);  // itself left out: two
  CHECK(judged(90, days_before(2)).verdict.outcome == Outcome::within);     // 93 - 3, strict
  const Judgement breach = judged(87, days_before(1));                      // median of 93 94 92 90 is 92.5
  CHECK(breach.verdict.outcome == Outcome::breach);
  CHECK(breach.verdict.bound == Bound::alert_low);
  CHECK(*breach.verdict.limit == number(87.5));
}

TEST_CASE("rules: averages, medians and slopes over a window", "[rules]") {
  struct Row {
    const char* name;
    TrendTest::Statistic statistic;
    Compare compare;
    double bound;
    Outcome outcome;
  };
  const Row rows[] = {
      {"average at the bound is not above", TrendTest::Statistic::average, Compare::above, 140, Outcome::within},
      {"average below", TrendTest::Statistic::average, Compare::below, 140.001, Outcome::breach},
      {"median", TrendTest::Statistic::median, Compare::at_least, 140, Outcome::breach},
      {"slope of ten a day", TrendTest::Statistic::slope, Compare::at_least, 10, Outcome::breach},
      {"slope not above ten", TrendTest::Statistic::slope, Compare::above, 10, Outcome::within},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      TrendTest test;
      test.series = {"blood-pressure", "systolic"};
      test.statistic = row.statistic;
      test.compare = row.compare;
      test.bound = number(row.bound);
      test.within = {7, 0min};
      test.readings = 3;
      Patient patient({}, {rule({test, {}})});
      auto reads = [&](double value, int days) {
        return outcome(patient.reads("blood-pressure", value, days_before(days), Comparator::none, "systolic"));
      };
      reads(500, 20);  // outside the window
      CHECK(reads(130, 2) == Outcome::incomplete);
      CHECK(reads(140, 1) == Outcome::incomplete);
      CHECK(reads(150, 0) == row.outcome);
    }
  }
}

TEST_CASE("rules: NEWS2 fires on what is certain, and says what is missing", "[rules][news2]") {
  ScoreTest test;
  test.score = "news2";
  test.at_least = number(5);
  test.max_age = 60min;
  Patient patient({}, {rule({test, {}})});
  auto reads = [&](const std::string& kind, double value, Time at = noon, const std::string& component = {}) {
    return outcome(patient.reads(kind, value, at, Comparator::none, component));
  };
  CHECK(reads("respiratory-rate", 25) == Outcome::incomplete);       // 3
  CHECK(reads("oxygen-saturation", 93) == Outcome::breach);          // 3 + 2: missing inputs can only add
  CHECK(reads("respiratory-rate", 16, noon + 1min) == Outcome::incomplete);
  reads("blood-pressure", 120, noon + 1min, "systolic");
  reads("heart-rate", 70, noon + 1min);
  reads("consciousness", 0, noon + 1min);
  reads("body-temperature", 37, noon + 1min);
  CHECK(why(patient.reads("oxygen-saturation", 96, noon + 1min)) == "score-below");  // at most 2 for oxygen, which is not known
  CHECK(reads("supplemental-oxygen", 1, noon + 2min) == Outcome::within);
  CHECK(reads("body-temperature", 34, noon + 3min) == Outcome::breach);
  const Judgements& later = patient.reads("respiratory-rate", 16, noon + 90min);
  CHECK(later.rules.front().verdict.outcome == Outcome::incomplete);
  CHECK(later.rules.front().evidence.why == "input-too-old");
}

TEST_CASE("rules: NEWS2 is not for children and not in pregnancy", "[rules][news2]") {
  ScoreTest test;
  test.score = "news2";
  test.red = true;
  test.max_age = 60min;
  for (bool child : {true, false}) {
    Patient patient({}, {rule({test, {}})});
    if (child) patient.person.age_years = 15;
    if (!child) patient.person.pregnant = true;
    CHECK(outcome(patient.reads("respiratory-rate", 30)) == Outcome::not_now);
  }
  Patient adult({}, {rule({test, {}})});
  adult.person.age_years = 16;
  CHECK(outcome(adult.reads("respiratory-rate", 30)) == Outcome::breach);
}

TEST_CASE("rules: a heart-rate rule takes the pulse unless something speaks of the pulse itself", "[rules]") {
  CHECK(RuleSet({}, {rule(value("heart-rate", Compare::above, 110))}).pulse_is_heart_rate());
  CHECK_FALSE(RuleSet({}, {rule(combined(Condition::Combination::How::any, {},
                                         {value("heart-rate", Compare::above, 110), value("pulse-rate", Compare::above, 110)}))})
                  .pulse_is_heart_rate());
}

TEST_CASE("rules: what has to be known of a series covers every look back", "[rules]") {
  ValueTest lasting;
  lasting.series = {"heart-rate", ""};
  lasting.bound = number(110);
  lasting.sustained = 10min;
  ValueTest counted;
  counted.series = {"heart-rate", ""};
  counted.bound = number(110);
  counted.of = CountOf{3, 7};
  RuleSet set({}, {rule({lasting, {}}), rule({counted, {}}), rule(change("body-weight", false, 2, {3, 0min}))});
  CHECK(set.need(*set.place_of("heart-rate", "")).back == 20min);
  CHECK(set.need(*set.place_of("heart-rate", "")).readings == 7);
  CHECK(set.need(*set.place_of("body-weight", "")).back >= std::chrono::days(4));
}

TEST_CASE("rules: the order in which readings of one instant come decides nothing", "[rules]") {
  const unsigned seed = 20261126;
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> values{80, 80.5, 81, 81.9, 82, 82.4, 79};
    std::shuffle(values.begin(), values.end(), random);
    values.resize(3);
    std::optional<Outcome> seen;
    std::sort(values.begin(), values.end());
    do {
      Patient patient({}, {rule(change("body-weight", false, 2, {3, 0min}))});
      patient.reads("body-weight", 80.3, days_before(1));
      Outcome last{};
      for (double value : values) last = outcome(patient.reads("body-weight", value));
      if (!seen) seen = last;
      CHECK(*seen == last);
    } while (std::next_permutation(values.begin(), values.end()));
  }
}
