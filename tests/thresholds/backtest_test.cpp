#include "thresholds/backtest.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/thresholds/norway.hpp"

using namespace thresholds;
using test::utc;
using namespace std::chrono_literals;

namespace {

const Vocabulary words{{"oxygen-saturation", "pulse-rate", "body-weight", "blood-pressure", "heart-rate", "questionnaire"},
                       {{"oxygen-saturation", ""},
                        {"pulse-rate", ""},
                        {"body-weight", ""},
                        {"blood-pressure", "systolic"},
                        {"blood-pressure", "diastolic"},
                        {"heart-rate", ""}}};

std::uint16_t kind_number(std::string_view kind) {
  return static_cast<std::uint16_t>(std::find(words.kinds.begin(), words.kinds.end(), kind) - words.kinds.begin());
}
std::uint16_t series_number(std::string_view kind, std::string_view component) {
  for (std::size_t i = 0; i < words.series.size(); ++i) {
    if (words.series[i].kind == kind && words.series[i].component == component) return static_cast<std::uint16_t>(i);
  }
  return 0;
}

class Patient {
 public:
  Patient& reads(std::string_view kind, Time arrived, Time measured, std::vector<int> values) {
    const std::vector<std::string_view> parts = kind == "blood-pressure" ? std::vector<std::string_view>{"systolic", "diastolic"}
                                                                       : std::vector<std::string_view>{""};
    PastReading reading;
    reading.arrived = arrived;
    reading.measured = measured;
    reading.order = past.readings.size() + 100;
    reading.kind = kind_number(kind);
    reading.first_value = static_cast<std::uint32_t>(past.values.size());
    reading.value_count = static_cast<std::uint16_t>(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) past.values.push_back({series_number(kind, parts[i]), Comparator::none, Number{values[i], 0}});
    past.readings.push_back(reading);
    return *this;
  }
  Patient& reads(std::string_view kind, Time at, int value) { return reads(kind, at, at, {value}); }
  Patient& absent(std::string_view kind, Time at) {
    reads(kind, at, at, {});
    past.readings.back().absent = true;
    return *this;
  }

  Past past;
};

Limit saturation() { return {"oxygen-saturation", "", Number{85, 0}, Number{90, 0}, std::nullopt, std::nullopt}; }
Limit heart_rate() { return {"heart-rate", "", Number{40, 0}, Number{50, 0}, Number{110, 0}, Number{130, 0}}; }

// Twice a day, an hour of grace.
Rule missing(std::string kind, std::vector<MissingTest::Step> escalate = {}) {
  MissingTest test;
  test.series = {std::move(kind), ""};
  test.schedule.windows = {{6 * 60, 10 * 60}, {18 * 60, 22 * 60}};
  test.schedule.grace = 60min;
  test.schedule.zone = test::norway();
  test.escalate = std::move(escalate);
  Rule rule;
  rule.id = "no-" + test.series.kind;
  rule.severity = Severity::moderate;
  rule.condition.test = std::move(test);
  return rule;
}

Rule rises(int amount, std::chrono::minutes within) {
  ChangeTest test;
  test.series = {"body-weight", ""};
  test.amount = Number{amount, 0};
  test.within.length = within;
  Rule rule;
  rule.id = "weight-gain";
  rule.severity = Severity::moderate;
  rule.condition.test = std::move(test);
  return rule;
}

std::string time_text(Time time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const auto minute = static_cast<int>(floor<minutes>(time - day).count());
  const auto two = [](unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return two(static_cast<unsigned>(date.day())) + "T" + two(static_cast<unsigned>(minute / 60)) + ":" + two(static_cast<unsigned>(minute % 60));
}

// "05T09:00 raised severe oxygen-saturation:alert_low late superseded (reason)"
std::vector<std::string> texts(const std::vector<BacktestChange>& changes) {
  std::vector<std::string> lines;
  for (const BacktestChange& change : changes) {
    std::string line = time_text(change.at) + " " + std::string(name(change.change)) + " " + std::string(name(change.severity)) + " " + change.rule;
    if (change.measured != change.at) line += " of " + time_text(change.measured);
    if (change.late) line += " late";
    if (change.superseded) line += " superseded";
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<BacktestChange> changes(const Past& past, const std::vector<RuleSet>& rules, BacktestSettings settings) {
  if (settings.until == Time{}) {
    for (const PastReading& reading : past.readings) settings.until = std::max(settings.until, reading.arrived);
  }
  return Backtest(rules, words, settings).run(past);
}

template <class... Sets>
std::vector<RuleSet> all_of(Sets&&... sets) {
  std::vector<RuleSet> made;
  (made.push_back(std::forward<Sets>(sets)), ...);
  return made;
}

std::vector<std::string> lines(const Patient& patient, std::vector<Limit> limits, std::vector<Rule> rules, BacktestSettings settings = {}) {
  return texts(changes(patient.past, all_of(RuleSet(std::move(limits), std::move(rules))), settings));
}

using Lines = std::vector<std::string>;

Time hour(int hour, int minute = 0) { return utc(2026, 1, 5 + hour / 24, hour % 24, minute); }

}  // namespace

TEST_CASE("backtest: raised, repeated, normal, and the next breach is a new alarm", "[thresholds][backtest]") {
  Patient patient;
  patient.reads("oxygen-saturation", hour(8), 95).reads("oxygen-saturation", hour(9), 89).reads("oxygen-saturation", hour(10), 84);
  patient.reads("oxygen-saturation", hour(11), 88).reads("oxygen-saturation", hour(12), 93).reads("oxygen-saturation", hour(13), 94);
  patient.reads("oxygen-saturation", hour(14), 87);
  CHECK(lines(patient, {saturation()}, {}) == Lines{"05T09:00 raised moderate oxygen-saturation:warning_low",
                                                    "05T10:00 repeated severe oxygen-saturation:alert_low",
                                                    "05T11:00 repeated severe oxygen-saturation:alert_low",
                                                    "05T12:00 normal severe oxygen-saturation:alert_low",
                                                    "05T14:00 raised moderate oxygen-saturation:warning_low"});
}

TEST_CASE("backtest: handled so long after it was raised, and not by a return to normal", "[thresholds][backtest]") {
  Patient patient;
  for (const auto& [minute, value] : std::vector<std::pair<int, int>>{{0, 89}, {30, 95}, {45, 88}, {60, 89}, {61, 89}}) {
    patient.reads("oxygen-saturation", hour(8, minute % 60) + (minute / 60) * 1h, value);
  }
  BacktestSettings settings;
  settings.handled_after = 1h;
  CHECK(lines(patient, {saturation()}, {}, settings) == Lines{"05T08:00 raised moderate oxygen-saturation:warning_low",
                                                              "05T08:30 normal moderate oxygen-saturation:warning_low",
                                                              "05T08:45 repeated moderate oxygen-saturation:warning_low",
                                                              "05T09:00 raised moderate oxygen-saturation:warning_low",
                                                              "05T09:01 repeated moderate oxygen-saturation:warning_low"});
}

TEST_CASE("backtest: an old reading may open an alarm, and clears and masks nothing", "[thresholds][backtest]") {
  Patient patient;
  patient.reads("oxygen-saturation", hour(10), 95);
  patient.reads("oxygen-saturation", hour(11), hour(9), {84});      // two hours late, older than the newest
  patient.reads("oxygen-saturation", hour(11, 30), hour(9, 30), {95});  // older, too: clears nothing
  patient.reads("oxygen-saturation", hour(12), 89);
  patient.reads("oxygen-saturation", hour(13), hour(12, 30), {91});  // newer, an hour or less: neither
  patient.reads("oxygen-saturation", hour(40), hour(14), {84});      // older than the horizon, and still the newest
  const auto found = changes(patient.past, all_of(RuleSet({saturation()}, {})), {});
  CHECK(texts(found) == Lines{"05T11:00 raised severe oxygen-saturation:alert_low of 05T09:00 late superseded",
                              "05T12:00 repeated severe oxygen-saturation:alert_low",
                              "05T13:00 normal severe oxygen-saturation:alert_low of 05T12:30",
                              "06T16:00 raised severe oxygen-saturation:alert_low of 05T14:00 late"});
  CHECK(found.back().reason == "past-horizon");
}

TEST_CASE("backtest: the other side, an absent value and another component change nothing", "[thresholds][backtest]") {
  Patient patient;
  patient.reads("heart-rate", hour(8), 115).reads("heart-rate", hour(9), 45).absent("heart-rate", hour(10)).reads("heart-rate", hour(11), 70);
  CHECK(lines(patient, {heart_rate()}, {}) ==
        Lines{"05T08:00 raised moderate heart-rate:warning_high", "05T09:00 raised moderate heart-rate:warning_low",
              "05T11:00 normal moderate heart-rate:warning_low", "05T11:00 normal moderate heart-rate:warning_high"});

  Patient pressure;
  pressure.reads("blood-pressure", hour(8), hour(8), {165, 95}).reads("blood-pressure", hour(9), hour(9), {150, 110});
  Limit systolic{"blood-pressure", "systolic", std::nullopt, std::nullopt, Number{160, 0}, Number{180, 0}};
  Limit diastolic{"blood-pressure", "diastolic", std::nullopt, std::nullopt, Number{100, 0}, std::nullopt};
  CHECK(lines(pressure, {systolic, diastolic}, {}) == Lines{"05T08:00 raised moderate blood-pressure/systolic:warning_high",
                                                            "05T09:00 normal moderate blood-pressure/systolic:warning_high",
                                                            "05T09:00 raised moderate blood-pressure/diastolic:warning_high"});
}

TEST_CASE("backtest: arrival orders, and of one instant the order of input", "[thresholds][backtest]") {
  Patient patient;
  patient.reads("oxygen-saturation", hour(9), hour(8, 30), {95}).reads("oxygen-saturation", hour(8, 30), hour(8, 29), {89});
  patient.reads("oxygen-saturation", hour(10), hour(10), {88}).reads("oxygen-saturation", hour(10), hour(10), {93});
  // A breach of the same instant stands, whichever came first.
  CHECK(lines(patient, {saturation()}, {}) ==
        Lines{"05T08:30 raised moderate oxygen-saturation:warning_low of 05T08:29",
              "05T09:00 normal moderate oxygen-saturation:warning_low of 05T08:30", "05T10:00 raised moderate oxygen-saturation:warning_low"});
}

TEST_CASE("backtest: a heart-rate limit takes a pulse unless something speaks of the pulse", "[thresholds][backtest]") {
  Patient patient;
  patient.reads("pulse-rate", hour(8), 140).reads("heart-rate", hour(9), 80);
  CHECK(lines(patient, {heart_rate()}, {}) ==
        Lines{"05T08:00 raised severe heart-rate:alert_high", "05T09:00 normal severe heart-rate:alert_high"});
  Limit pulse = heart_rate();
  pulse.kind = "pulse-rate";
  pulse.alert_high = Number{150, 0};
  CHECK(lines(patient, {heart_rate(), pulse}, {}) == Lines{"05T08:00 raised moderate pulse-rate:warning_high"});
  // Said by another programme it holds, too.
  CHECK(texts(changes(patient.past, all_of(RuleSet({heart_rate()}, {}), RuleSet({pulse}, {})), {})) == Lines{"05T08:00 raised moderate pulse-rate:warning_high"});
}

TEST_CASE("backtest: each programme judges on its own", "[thresholds][backtest]") {
  Patient patient;
  patient.reads("oxygen-saturation", hour(8), 89).reads("oxygen-saturation", hour(9), 95);
  const auto found = changes(patient.past, all_of(RuleSet({saturation()}, {}), RuleSet({saturation()}, {})), {});
  REQUIRE(found.size() == 4);
  CHECK(found[0].programme == 0);
  CHECK(found[1].programme == 1);
  CHECK(found[1].change == Change::raised);
}

TEST_CASE("backtest: what newest-first uploads would hide is found as of the newest reading", "[thresholds][backtest]") {
  Patient patient;
  patient.reads("body-weight", hour(80), hour(79), {83}).reads("body-weight", hour(80), hour(55), {82}).reads("body-weight", hour(80), hour(31), {80});
  const auto found = changes(patient.past, all_of(RuleSet({}, {rises(2, 72h)})), {});
  CHECK(texts(found) == Lines{"08T08:00 raised moderate weight-gain of 06T07:00 late superseded"});
  CHECK(found.front().readings.front() == 2);
  // In order of measuring it is the newest that rises.
  Patient in_order;
  in_order.reads("body-weight", hour(31), 80).reads("body-weight", hour(55), 82).reads("body-weight", hour(79), 83);
  CHECK(lines(in_order, {}, {rises(2, 72h)}) == Lines{"07T07:00 raised moderate weight-gain", "08T07:00 repeated moderate weight-gain"});
}

TEST_CASE("backtest: a rule in shadow raises nothing", "[thresholds][backtest]") {
  Patient patient;
  patient.reads("body-weight", hour(31), 80).reads("body-weight", hour(55), 83).reads("body-weight", hour(56), hour(40), {80});
  Rule rule = rises(2, 72h);
  rule.shadow = true;
  CHECK(lines(patient, {}, {rule}).empty());
  Rule silent = missing("oxygen-saturation");
  silent.shadow = true;
  CHECK(lines(patient, {}, {silent}).empty());
}

// 06-10 and 18-22 in Norway's winter with an hour of grace: deadlines at 10:00 and 22:00 UTC.
TEST_CASE("backtest: a reading that does not come", "[thresholds][backtest]") {
  const std::vector<MissingTest::Step> steps{{2, Severity::severe}, {4, Severity::critical}};
  struct Row {
    std::string name;
    Patient patient;
    Time until;
    Lines expected;
  };
  Patient one;
  one.reads("oxygen-saturation", hour(8), 95);
  Patient back = one;
  back.reads("oxygen-saturation", hour(36), 95);
  Patient daily = one;
  daily.reads("oxygen-saturation", hour(19), 95).reads("oxygen-saturation", hour(31), 95);
  Patient at_deadline = one;
  at_deadline.reads("oxygen-saturation", hour(22), hour(20), {95});
  Patient past_deadline = one;
  past_deadline.reads("oxygen-saturation", hour(22, 1), hour(20), {95});
  Patient stale = one;
  stale.reads("oxygen-saturation", hour(23), hour(6), {95});
  Patient absent = one;
  absent.absent("oxygen-saturation", hour(19));
  Patient other = one;
  other.reads("body-weight", hour(19), 80);
  Patient late_start;
  late_start.absent("body-weight", hour(18));
  const std::vector<Row> rows{
      {"the window that was open when it began is not asked of", one, hour(21, 59), {}},
      {"until is inclusive", one, hour(22), {"05T22:00 raised moderate no-oxygen-saturation"}},
      {"repeated, and escalated at its steps", one, hour(72),
       {"05T22:00 raised moderate no-oxygen-saturation", "06T10:00 escalated severe no-oxygen-saturation",
        "06T22:00 repeated severe no-oxygen-saturation", "07T10:00 escalated critical no-oxygen-saturation",
        "07T22:00 repeated critical no-oxygen-saturation"}},
      {"ended by the reading that comes, and begun anew", back, hour(47),
       {"05T22:00 raised moderate no-oxygen-saturation", "06T10:00 escalated severe no-oxygen-saturation",
        "06T12:00 restored severe no-oxygen-saturation", "06T22:00 raised moderate no-oxygen-saturation"}},
      {"each window met", daily, hour(34), {}},
      {"here at the instant of the deadline: in time", at_deadline, hour(22), {}},
      {"measured in time, here too late", past_deadline, hour(23),
       {"05T22:00 raised moderate no-oxygen-saturation", "05T22:01 restored moderate no-oxygen-saturation of 05T20:00 late"}},
      {"one from before the window ends nothing", stale, hour(23), {"05T22:00 raised moderate no-oxygen-saturation"}},
      {"an absent value is no reading", absent, hour(22), {"05T22:00 raised moderate no-oxygen-saturation"}},
      {"another kind is none", other, hour(22), {"05T22:00 raised moderate no-oxygen-saturation"}},
      {"begins with the first input of any kind", late_start, hour(35), {"06T10:00 raised moderate no-oxygen-saturation"}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      BacktestSettings settings;
      settings.until = row.until;
      CHECK(lines(row.patient, {}, {missing("oxygen-saturation", steps)}, settings) == row.expected);
    }
  }
}

TEST_CASE("backtest: the last arrival ends it unless told otherwise; by default deadlines after it are not asked", "[thresholds][backtest]") {
  Patient patient;
  patient.reads("oxygen-saturation", hour(8), 95).reads("body-weight", hour(22), 80);
  CHECK(lines(patient, {}, {missing("oxygen-saturation")}) == Lines{"05T22:00 raised moderate no-oxygen-saturation"});
  BacktestSettings settings;
  settings.until = hour(7);
  CHECK(lines(patient, {}, {missing("oxygen-saturation")}, settings).empty());
}

TEST_CASE("backtest: handled, a missing reading is missed anew", "[thresholds][backtest]") {
  Patient patient;
  patient.reads("oxygen-saturation", hour(8), 95);
  BacktestSettings settings;
  settings.until = hour(47);
  settings.handled_after = 12h;
  CHECK(lines(patient, {}, {missing("oxygen-saturation", {{2, Severity::severe}})}, settings) ==
        Lines{"05T22:00 raised moderate no-oxygen-saturation", "06T10:00 raised severe no-oxygen-saturation",
              "06T22:00 raised severe no-oxygen-saturation"});
}

TEST_CASE("backtest: so long after the last reading, overdue once", "[thresholds][backtest]") {
  Rule rule = missing("oxygen-saturation");
  MissingTest test = *rule.missing();
  test.schedule.windows.clear();
  test.schedule.every = 8h;
  test.schedule.grace = 0min;
  rule.condition.test = test;
  Patient patient;
  patient.reads("oxygen-saturation", hour(8), 95).reads("oxygen-saturation", hour(16), 95);  // on the instant
  patient.reads("oxygen-saturation", hour(40), 95);
  patient.reads("oxygen-saturation", hour(60), hour(41), {95});  // itself so old that the next is overdue: the alarm stands
  patient.reads("oxygen-saturation", hour(61), 95);
  BacktestSettings settings;
  settings.until = hour(68, 59);
  CHECK(lines(patient, {}, {rule}, settings) ==
        Lines{"06T00:00 raised moderate no-oxygen-saturation", "06T16:00 restored moderate no-oxygen-saturation",
              "07T00:00 raised moderate no-oxygen-saturation", "07T13:00 restored moderate no-oxygen-saturation"});
  settings.until = hour(69);
  CHECK(lines(patient, {}, {rule}, settings).back() == "07T21:00 raised moderate no-oxygen-saturation");
}

TEST_CASE("backtest: the same past gives the same changes, in whatever order distinct arrivals are given", "[thresholds][backtest]") {
  const unsigned seed = 4711;
  INFO("seed " << seed);
  std::mt19937 random(seed);
  Patient patient;
  for (int i = 0; i < 400; ++i) {
    const Time arrived = hour(0) + i * 37min;
    patient.reads("oxygen-saturation", arrived, arrived - std::chrono::minutes(random() % 300), {static_cast<int>(80 + random() % 16)});
  }
  const std::vector<RuleSet> rules = all_of(RuleSet({saturation()}, {missing("oxygen-saturation", {{2, Severity::severe}})}));
  const Lines expected = texts(changes(patient.past, rules, {}));
  REQUIRE(expected.size() > 50);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(patient.past.readings.begin(), patient.past.readings.end(), random);
    CHECK(texts(changes(patient.past, rules, {})) == expected);
  }
}
