// How many readings a second one core judges: plain limits, a full rule set (20 rules, trends and NEWS2 included) over a month of a
// patient's readings. No store, no alarms. Counted against the CPU time of this thread. Prints one JSON object.
// Usage: judge_bench [seconds=1]
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "thresholds/rule_set.hpp"

namespace {

using namespace thresholds;
using namespace std::chrono_literals;

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// Norway's offset in winter; the real zone is a table look-up more.
class Winter final : public Zone {
 public:
  std::chrono::minutes offset_at(Time) const override { return 60min; }
  Time first(WallTime wall) const override { return Time(wall.time_since_epoch() - 60min); }
};

struct Row {
  const char* kind;
  const char* component;
  std::int64_t usual;  // hundredths
};
// What a COPD or heart failure patient measures, each once an hour for a month.
constexpr Row measured[] = {{"oxygen-saturation", "", 9400}, {"heart-rate", "", 7200},       {"body-weight", "", 8000},
                            {"respiratory-rate", "", 1600},  {"body-temperature", "", 3700}, {"blood-pressure", "systolic", 13000},
                            {"consciousness", "", 0},        {"supplemental-oxygen", "", 0}};
constexpr int readings_each = 720;
constexpr Time begin{std::chrono::sys_days{std::chrono::year(2026) / 1 / 1}};

Condition value(const char* kind, const char* component, Compare compare, std::int64_t bound) {
  ValueTest test;
  test.series = {kind, component};
  test.compare = compare;
  test.bound = {bound, 0};
  return {test, {}};
}

std::vector<Rule> twenty_rules() {
  std::vector<Condition> conditions;
  for (const char* kind : {"oxygen-saturation", "heart-rate", "respiratory-rate", "body-weight"}) {
    ChangeTest change;
    change.series = {kind, ""};
    change.amount = {40, 0};
    change.within = {3, 0min};
    conditions.push_back({change, {}});
    ValueTest counted = std::get<ValueTest>(value(kind, "", Compare::above, 200).test);
    counted.of = CountOf{3, 4};
    conditions.push_back({counted, {}});
    TrendTest trend;
    trend.series = {kind, ""};
    trend.bound = {200, 0};
    trend.within = {0, 24h};
    conditions.push_back({trend, {}});
    ValueTest lasting = std::get<ValueTest>(value(kind, "", Compare::above, 200).test);
    lasting.sustained = 10min;
    conditions.push_back({lasting, {}});
  }
  conditions.push_back({Condition::Combination{Condition::Combination::How::all, {0, 2h}},
                        {value("oxygen-saturation", "", Compare::below, 80), value("heart-rate", "", Compare::above, 100)}});
  conditions.push_back({Condition::Combination{Condition::Combination::How::any, {}},
                        {value("blood-pressure", "systolic", Compare::above, 220), value("body-temperature", "", Compare::above, 42)}});
  TrendTest slope;
  slope.series = {"body-weight", ""};
  slope.statistic = TrendTest::Statistic::slope;
  slope.bound = {5, 0};
  slope.within = {2, 0min};
  conditions.push_back({slope, {}});
  ScoreTest score;
  score.score = "news2";
  score.at_least = Number{5, 0};
  score.max_age = 4h;
  conditions.push_back({score, {}});
  std::vector<Rule> rules;
  const auto zone = std::make_shared<const Winter>();
  for (Condition& condition : conditions) {
    Rule rule;
    rule.id = "r" + std::to_string(rules.size());
    rule.condition = std::move(condition);
    rule.applies.zone = zone;
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::vector<Limit> limits() {
  std::vector<Limit> made;
  for (const Row& row : measured) {
    Limit limit;
    limit.kind = row.kind;
    limit.component = row.component;
    limit.alert_low = Number{row.usual - 4000, 2};
    limit.warning_low = Number{row.usual - 2000, 2};
    limit.warning_high = Number{row.usual + 2000, 2};
    limit.alert_high = Number{row.usual + 4000, 2};
    made.push_back(std::move(limit));
  }
  return made;
}

// Readings a second; each is judged with what was known up to it.
double rate(const RuleSet& set, double seconds, std::uint64_t& breaches) {
  std::vector<std::vector<Reading>> series(set.series().size());
  std::vector<Series> history(series.size());
  std::vector<std::uint16_t> places;
  for (std::size_t i = 0; i < series.size(); ++i) {
    for (const Row& row : measured) {
      if (set.series()[i].kind != row.kind || set.series()[i].component != row.component) continue;
      places.push_back(static_cast<std::uint16_t>(i));
      for (int n = 0; n < readings_each; ++n) {
        Reading reading;
        reading.measured = begin + std::chrono::hours(n) + std::chrono::minutes(i);
        reading.value = row.usual == 0 ? Number{0, 0} : Number{row.usual + (n * 37 + static_cast<int>(i) * 11) % 300, 2};
        reading.id = static_cast<std::uint64_t>(n + 1);
        series[i].push_back(reading);
      }
    }
    history[i] = series[i];
  }
  Person person;
  Judgements out;
  std::uint64_t judged = 0;
  const double start = cpu_seconds();
  double now = start;
  while (now - start < seconds) {
    for (std::size_t n = 600; n < 700; ++n) {
      for (const std::uint16_t& place : places) {
        set.judge(history, {&place, 1}, series[place][n].measured, person, out);
        for (const Judgement& one : out.rules) breaches += one.verdict.outcome == Outcome::breach;
        for (const Judgement& one : out.limits) breaches += one.verdict.outcome == Outcome::breach;
        ++judged;
      }
    }
    now = cpu_seconds();
  }
  return static_cast<double>(judged) / (now - start);
}

}  // namespace

int main(int count, char** arguments) {
  const double seconds = count > 1 ? std::atof(arguments[1]) : 1;
  const RuleSet plain(limits(), {}), full(limits(), twenty_rules());
  std::uint64_t breaches = 0;
  const double with_limits = rate(plain, seconds, breaches), with_rules = rate(full, seconds, breaches);
  std::printf("{\"limit_judgements_per_s\":%.0f,\"asked\":1000000,\"rule_set_judgements_per_s\":%.0f,\"asked_rule_set\":200000,\"rules\":%zu,\"breaches\":%llu}\n",
              with_limits, with_rules, full.rules().size(), static_cast<unsigned long long>(breaches));
}
