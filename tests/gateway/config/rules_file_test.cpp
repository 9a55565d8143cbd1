// Rules files: each construct arrives as the value it means, and each mistake is named with its line and what to do.
#include "gateway/config/rules_file.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "gateway/config/rule_form.hpp"
#include "gateway/runtime/judging_zone.hpp"

using namespace gateway;
using thresholds::Number;

namespace {

struct Read {
  config::Findings findings;
  std::vector<config::Programme> programmes;

  // "4: text" of each problem.
  std::vector<std::string> problems() const {
    std::vector<std::string> lines;
    for (const config::Problem& problem : findings.problems) {
      lines.push_back(std::to_string(problem.line) + ": " + (problem.warning ? "warning: " : "") + problem.text);
    }
    return lines;
  }
};

Read read(const std::string& yaml, const std::string& timezone = "Europe/Oslo") {
  Read made;
  made.findings.file = "r.yaml";
  config::read_rules_text(yaml, timezone, made.findings, made.programmes);
  return made;
}

// One rule, or limit, in line 4.
Read rule(const std::string& members) {
  return read("programmes:\n  - id: p\n    rules:\n      - {id: r, severity: severe, " + members + "}\n");
}
Read limit(const std::string& members) { return read("programmes:\n  - id: p\n    limits:\n      - {" + members + "}\n"); }

thresholds::Limit one_limit(const std::string& members) {
  const Read made = limit(members);
  for (const std::string& problem : made.problems()) FAIL_CHECK(problem);
  return made.programmes.at(0).limits.at(0);
}
thresholds::Rule one_rule(const std::string& members) {
  const Read made = rule(members);
  for (const std::string& problem : made.problems()) FAIL_CHECK(problem);
  return made.programmes.at(0).rules.at(0);
}
template <class Test>
Test one_test(const std::string& members) {
  return std::get<Test>(one_rule(members).condition.test);
}

}  // namespace

TEST_CASE("rules file: a limit's members arrive", "[config][rules]") {
  const auto made = one_limit(
      "kind: oxygen-saturation, alert_low: 88, warning_low: 92.0, clear_low: 94, between: \"22:00-06:30\", days: [mon, sun, holidays], "
      "valid_from: 2026-01-31, valid_to: 2026-12-24, timezone: Europe/Helsinki, meal: fasting, oxygen: oxygen, site: finger, of: "
      "{readings: 2, last: 3}");
  CHECK(made.warning_low == Number{920, 1});
  CHECK(made.clear_low == Number{94, 0});
  CHECK(made.applies.between == thresholds::DayWindow{22 * 60, 6 * 60 + 30});
  CHECK(made.applies.days == thresholds::Days{0b1000001, thresholds::Days::Holidays::also});
  CHECK(made.applies.from == std::chrono::year(2026) / 1 / 31);
  CHECK(made.applies.to == std::chrono::year(2026) / 12 / 24);
  CHECK(made.applies.timezone == "Europe/Helsinki");
  CHECK(made.applies.zone == *find_judging_zone("Europe/Helsinki"));  // one instance per name
  CHECK(made.applies.meal == thresholds::Meal::fasting);
  CHECK(made.applies.oxygen == thresholds::Oxygen::oxygen);
  CHECK(made.applies.site == "finger");
  CHECK(made.of == thresholds::CountOf{2, 3});
  CHECK(one_limit("kind: heart-rate, alert_high: 120, for: 90m").sustained == std::chrono::minutes(90));
  CHECK(one_limit("kind: heart-rate, alert_high: 120").applies.always());
  CHECK(one_limit("kind: heart-rate, alert_high: 120").applies.timezone == "Europe/Oslo");
  CHECK(one_limit("kind: heart-rate, alert_high: 120, days: workdays").applies.days == thresholds::workdays);
  CHECK(one_limit("kind: heart-rate, alert_high: 120, days: [weekends]").applies.days == thresholds::weekends);
  CHECK(one_limit("kind: heart-rate, alert_high: 120, days: [holidays]").applies.days == thresholds::holidays_only);
}

TEST_CASE("rules file: units become the kind's own as those of a reading do", "[config][rules]") {
  struct Row {
    const char* members;
    Number alert_low;
  };
  const Row rows[] = {
      {"kind: body-weight, alert_low: 120, unit: kg", {120, 0}},
      {"kind: body-weight, alert_low: 120500, unit: g", {1205, 1}},
      {"kind: body-weight, alert_low: 200, unit: lbs", {90718, 3}},
      {"kind: blood-glucose, alert_low: 54, unit: mg/dL", {300, 2}},
      {"kind: body-temperature, alert_low: 95, unit: \"[degF]\"", {35, 0}},
      {"kind: blood-pressure, component: systolic, alert_low: 12, unit: kPa", {900, 1}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.members) { CHECK(one_limit(row.members).alert_low == row.alert_low); }
  }
  CHECK(one_test<thresholds::ChangeTest>("kind: body-weight, rise: 5, unit: lb, within: 7d").amount == Number{2268, 3});
  CHECK(one_test<thresholds::ValueTest>("when: \"body-weight > 264.5 lb\"").bound == Number{119975, 3});
}

TEST_CASE("rules file: a rule's conditions arrive", "[config][rules]") {
  using namespace thresholds;
  const auto value = one_test<ValueTest>("kind: blood-pressure, component: systolic, above: 180, clear: 170, of: {readings: 2, last: 3}");
  CHECK(value.series == SeriesName{"blood-pressure", "systolic"});
  CHECK(value.compare == Compare::above);
  CHECK(value.clear == Number{170, 0});
  CHECK(value.of == CountOf{2, 3});
  CHECK(one_test<ValueTest>("kind: heart-rate, at_most: 50, for: 2h").sustained == std::chrono::hours(2));

  const auto change = one_test<ChangeTest>("kind: body-weight, fall_percent: 5, within: 30d");
  CHECK((change.falls && change.percent));
  CHECK(change.within == Span{30, {}});
  const auto last = one_test<ChangeTest>("kind: body-weight, rise: 1, against: last");
  CHECK(last.against == ChangeTest::Against::last);
  CHECK(last.within.empty());
  const auto usual = one_test<ChangeTest>("kind: body-weight, fall: 2, against: baseline, baseline: {median: 14d, readings: 5}");
  REQUIRE(usual.baseline);
  CHECK(usual.baseline->statistic == Baseline::Statistic::median);
  CHECK(usual.baseline->readings == 5);

  const auto trend = one_test<TrendTest>("kind: body-weight, slope_at_most: -0.2, within: 14d, readings: 5");
  CHECK(trend.statistic == TrendTest::Statistic::slope);
  CHECK(trend.compare == Compare::at_most);
  CHECK(trend.readings == 5);

  const auto missing = one_test<MissingTest>(
      "missing: {kind: blood-pressure, windows: [\"06:00-10:00\", \"18:00-20:00\"], days: workdays, grace: 1h, escalate: [{misses: 2, "
      "severity: moderate}]}");
  CHECK(missing.series == SeriesName{"blood-pressure", "systolic"});
  CHECK(missing.schedule.windows.size() == 2);
  CHECK(missing.schedule.days == workdays);
  CHECK(missing.schedule.timezone == "Europe/Oslo");
  CHECK(missing.schedule.zone != nullptr);
  REQUIRE(missing.escalate.size() == 1);
  CHECK(one_test<MissingTest>("missing: {kind: body-weight, every: 8h}").schedule.every == std::chrono::hours(8));

  CHECK(one_test<ScoreTest>("score: news2, at_least: 5").max_age == score_max_age_default);
  CHECK(one_test<ScoreTest>("score: news2, red: true, max_age: 30m").red);
  const auto answer = one_test<AnswerTest>("answer: {questionnaire: \"http://e.org/q\", link: l, above: 2}");
  CHECK(answer.compare == Compare::above);
  CHECK(answer.bound == Number{2, 0});

  const auto both = one_rule("all: [{kind: heart-rate, above: 100}, {not: {any: [{kind: heart-rate, above: 200}]}}], within: 2h, shadow: true, text: t");
  CHECK(both.shadow);
  CHECK(both.text == "t");
  CHECK(both.severity == Severity::severe);
  REQUIRE(both.condition.parts.size() == 2);
  CHECK(std::get<Condition::Combination>(both.condition.test).within == Span{0, std::chrono::hours(2)});
  CHECK(std::get<Condition::Combination>(both.condition.parts[1].test).how == Condition::Combination::How::none);
  const auto line = one_rule("when: \"heart-rate > 120 or heart-rate < 45\", within: 1d");
  CHECK(std::get<Condition::Combination>(line.condition.test).within == Span{1, {}});
}

TEST_CASE("rules file: each mistake is named where it stands, with what to do", "[config][rules]") {
  struct Row {
    const char* name;
    Read made;
    std::vector<std::string> expected;
  };
  const Row rows[] = {
      {"an unknown key", limit("kind: heart-rate, alert_hihg: 120, alert_low: 40"),
       {"4: unknown key 'programmes[0].limits[0].alert_hihg'; did you mean 'alert_high'?"}},
      {"an unknown kind", rule("kind: pulse, above: 1"), {"4: unknown kind 'pulse'"}},
      {"an unknown unit", limit("kind: body-weight, alert_low: 2, unit: elephants"),
       {"4: 'programmes[0].limits[0].alert_low' is not understood: unknown unit 'elephants'; body-weight is kept in kg"}},
      {"an unknown zone", limit("kind: heart-rate, alert_low: 41, timezone: Europe/Bodo"),
       {"4: unknown timezone 'Europe/Bodo'; write one like Europe/Oslo"}},
      {"an unknown zone of a schedule", rule("missing: {kind: body-weight, every: 8h, timezone: Mars}"),
       {"4: unknown timezone 'Mars'; write one like Europe/Oslo"}},
      {"an unknown score", rule("score: mews, at_least: 1"), {"4: rule 'r': there is no such score; there is news2"}},
      {"not a number", rule("kind: consciousness, above: 1"), {"4: 'consciousness' is not measured as a number and takes no limits"}},
      {"a component missing", rule("kind: blood-pressure, above: 1"),
       {"4: 'blood-pressure' needs a component: systolic, diastolic, mean-arterial-pressure"}},
      {"no severity", read("programmes:\n  - id: p\n    rules:\n      - {id: r, kind: heart-rate, above: 100}\n"),
       {"4: 'programmes[0].rules[0].severity' is missing"}},
      {"a severity of its own", read("programmes:\n  - id: p\n    rules:\n      - {id: r, severity: loud, kind: heart-rate, above: 100}\n"),
       {"4: 'programmes[0].rules[0].severity' must be normal, moderate, severe or critical"}},
      {"a severity of a part", rule("all: [{kind: heart-rate, above: 100, severity: severe}]"),
       {"4: unknown key 'programmes[0].rules[0].all[0].severity'"}},
      {"no condition", rule("text: t"),
       {"4: says no condition; give one of kind, missing, score, answer, form, rule, when, all, any and not"}},
      {"two conditions", rule("kind: heart-rate, above: 100, rule: x"),
       {"4: 'kind' and 'rule' are two conditions; join them with 'all' or 'any'"}},
      {"two comparisons", rule("kind: heart-rate, above: 100, below: 50"),
       {"4: compares in two ways; give one, and join two with 'all' or 'any'"}},
      {"no comparison", rule("kind: heart-rate"),
       {"4: says nothing about its kind; give above, below, at_least, at_most, rise, fall, average_above or one like it"}},
      {"no window", rule("kind: body-weight, rise: 2"),
       {"4: rule 'r': 'within' is missing: a change is looked for in a window, like 'within: 3d'"}},
      {"a window of nothing", rule("kind: body-weight, rise: 2, within: 0d"),
       {"4: 'programmes[0].rules[0].within' must be a span from 1m to 366d, written like 3d (calendar days), 36h or 90m"}},
      {"days where a length is meant", rule("kind: heart-rate, above: 1, for: 1d"),
       {"4: 'programmes[0].rules[0].for' is a length of time, not calendar days; write 24h for a day"}},
      {"a percentage of a temperature", rule("kind: body-temperature, rise_percent: 2, within: 1d"),
       {"4: a percentage of 'body-temperature' has no meaning; give degrees"}},
      {"a percentage with a unit", rule("kind: body-weight, rise_percent: 2, unit: kg, within: 1d"),
       {"4: 'programmes[0].rules[0].unit' has no meaning beside 'rise_percent': a percentage has no unit"}},
      {"a difference in another zero", rule("kind: body-temperature, rise: 2, unit: \"[degF]\", within: 1d"),
       {"4: 'programmes[0].rules[0].rise' is not understood: a difference cannot be in '[degF]', whose zero is another; write it in Cel"}},
      {"a bound from a baseline in another zero", limit("kind: body-temperature, alert_high: 2, unit: F, baseline: {lowest: 7d}"),
       {"4: 'programmes[0].limits[0].alert_high' is not understood: a difference cannot be in 'F', whose zero is another; write it in Cel"}},
      {"more readings than last", rule("kind: heart-rate, above: 100, of: {readings: 4, last: 3}"),
       {"4: rule 'r': 'of' asks for 4 of the last 3 readings"}},
      {"workdays and a day", limit("kind: heart-rate, alert_low: 41, days: [workdays, sat]"),
       {"4: 'programmes[0].limits[0].days' must have workdays alone: it leaves out holidays; name the days instead"}},
      {"no such minute", limit("kind: heart-rate, alert_low: 41, between: \"07:00-24:00\""),
       {"4: 'programmes[0].limits[0].between' must be a part of the day, written like \"07:00-22:00\", from 00:00 to 23:59"}},
      {"no such day", limit("kind: heart-rate, alert_low: 41, valid_to: 2026-02-30"),
       {"4: 'programmes[0].limits[0].valid_to' must be a day of the calendar, written like 2026-01-31"}},
      {"a baseline of two", limit("kind: heart-rate, alert_low: 41, baseline: {value: 1, median: 3d}"),
       {"4: a baseline is one of value, average, median, highest and lowest"}},
      {"an expression", rule("when: \"heart-rate > 100 and pulse > 1\""), {"4: 'programmes[0].rules[0].when' column 22: unknown kind 'pulse'"}},
      {"a window of one comparison", rule("when: \"heart-rate > 100\", within: 1h"),
       {"4: 'programmes[0].rules[0].within' is for conditions joined with 'and' or 'or'"}},
      {"a circle", rule("rule: r"), {"4: rule 'r': refers to itself in a circle of references; take one of them out"}},
      {"an id that is no name", read("programmes:\n  - id: p\n    rules:\n      - {id: \"a b\", severity: severe, kind: heart-rate, above: 100}\n"),
       {"4: 'id' must be a name of at most 64 letters, digits, '-', '_' and '.'"}},
      {"a bound that is never crossed", rule("kind: oxygen-saturation, above: 100"),
       {"4: warning: the bound can never be crossed: believable values of 'oxygen-saturation' are 30 to 100 %"}},
      {"a baseline nobody has", limit("kind: oxygen-saturation, warning_low: -2, baseline: {value: 0.93}"),
       {"4: warning: the baseline is no believable value: believable values of 'oxygen-saturation' are 30 to 100 %"}},
      {"an alias", read("programmes:\n  - &a {id: p, limits: []}\n  - *a\n"),
       {"3: aliases (*name) are refused; repeat what it stands for", "3: 'programmes[1]' must be a section of keys and values"}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(row.made.problems() == row.expected); }
  }
}

TEST_CASE("rules file: limits that speak of one reading are refused with both lines", "[config][rules]") {
  const std::string head = "programmes:\n  - id: p\n    limits:\n      - {kind: heart-rate, alert_high: 120, between: \"07:00-22:00\"}\n";
  CHECK(read(head + "      - {kind: heart-rate, alert_high: 110, between: \"22:01-06:59\"}\n").problems().empty());
  CHECK(read(head + "      - {kind: heart-rate, alert_high: 110, between: \"22:00-06:59\"}\n").problems() ==
        std::vector<std::string>{"5: a second limit for 'heart-rate' that may speak of the same reading as the one in line 4; make it one, or "
                                 "set them apart by between, days, valid_from, valid_to, meal, oxygen or site"});
}

TEST_CASE("rules file: nested too deep is an error and nothing worse", "[config][rules]") {
  std::string deep = "{kind: heart-rate, above: 1}";
  for (int i = 0; i < 8; ++i) deep = "{any: [" + deep + "]}";
  const auto problems = rule("any: [" + deep + "]").problems();
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].find("nested deeper than 8 levels") != std::string::npos);
  std::string deeper = "x";
  for (int i = 0; i < 1000; ++i) deeper = "[" + deeper + "]";
  CHECK_FALSE(rule("any: " + deeper).problems().empty());
}

TEST_CASE("rules file: the configuration's zone is that of what names none", "[config][rules]") {
  const Read made = read(
      "programmes:\n  - id: p\n    limits:\n      - {kind: heart-rate, alert_low: 41, between: \"07:00-08:00\"}\n    rules:\n      - {id: r, severity: "
      "severe, missing: {kind: body-weight, windows: [\"06:00-10:00\"]}}\n",
      "Europe/Helsinki");
  CHECK(made.problems().empty());
  CHECK(made.programmes.at(0).limits.at(0).applies.timezone == "Europe/Helsinki");
  CHECK(made.programmes.at(0).rules.at(0).missing()->schedule.timezone == "Europe/Helsinki");
}
