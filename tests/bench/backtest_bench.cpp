// How fast a year of readings is judged again, without reading it: patients with three kinds of readings and a programme of limits, a
// rule that looks back and one for missing readings. Prints readings per second of one thread.
//   backtest_bench [PATIENTS=100] [DAYS=365]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "thresholds/backtest.hpp"

using namespace thresholds;

namespace {

class Utc final : public Zone {
 public:
  std::chrono::minutes offset_at(Time) const override { return std::chrono::minutes(0); }
  Time first(WallTime wall) const override { return Time(wall.time_since_epoch()); }
};

const Vocabulary words{{"oxygen-saturation", "heart-rate", "body-weight"}, {{"oxygen-saturation", ""}, {"heart-rate", ""}, {"body-weight", ""}}};

std::vector<RuleSet> programme() {
  std::vector<Limit> limits{{"oxygen-saturation", "", Number{85, 0}, Number{90, 0}, std::nullopt, std::nullopt},
                            {"heart-rate", "", Number{40, 0}, Number{50, 0}, Number{110, 0}, Number{130, 0}}};
  limits[0].applies.zone = limits[1].applies.zone = std::make_shared<const Utc>();
  Rule gain;
  gain.id = "weight-gain";
  ChangeTest rises;
  rises.series = {"body-weight", ""};
  rises.amount = Number{20, 1};
  rises.within.days = 3;
  gain.condition.test = rises;
  gain.applies.zone = std::make_shared<const Utc>();
  Rule missing;
  missing.id = "no-saturation";
  MissingTest test;
  test.series = {"oxygen-saturation", ""};
  test.schedule.windows = {{6 * 60, 10 * 60}};
  test.schedule.zone = std::make_shared<const Utc>();
  missing.condition.test = test;
  missing.applies.zone = test.schedule.zone;
  std::vector<RuleSet> sets;
  sets.emplace_back(std::move(limits), std::vector<Rule>{gain, missing});
  return sets;
}

// Two sittings a day of three readings; one reading in twenty is uploaded hours later.
Past past(int days, std::mt19937& random) {
  Past made;
  const Time begin{std::chrono::sys_days(std::chrono::year(2025) / 1 / 1)};
  for (int sitting = 0; sitting < days * 2; ++sitting) {
    for (std::uint16_t kind = 0; kind < 3; ++kind) {
      PastReading reading;
      reading.measured = begin + std::chrono::hours(8 + sitting * 12) + std::chrono::minutes(random() % 60);
      reading.arrived = reading.measured + std::chrono::minutes(random() % 20 == 0 ? 600 : 1);
      reading.order = made.readings.size();
      reading.kind = kind;
      reading.first_value = static_cast<std::uint32_t>(made.values.size());
      reading.value_count = 1;
      const std::int64_t value = kind == 0 ? 880 + random() % 110 : kind == 1 ? 600 + random() % 550 : 800 + random() % 25;
      made.values.push_back({kind, Comparator::none, Number{value, 1}});
      made.readings.push_back(reading);
    }
  }
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  const int patients = argc > 1 ? std::atoi(argv[1]) : 100, days = argc > 2 ? std::atoi(argv[2]) : 365;
  std::mt19937 random(1);
  std::vector<Past> pasts;
  std::size_t readings = 0, changes = 0;
  BacktestSettings settings;
  for (int i = 0; i < patients; ++i) {
    pasts.push_back(past(days, random));
    readings += pasts.back().readings.size();
    for (const PastReading& reading : pasts.back().readings) settings.until = std::max(settings.until, reading.arrived);
  }
  const std::vector<RuleSet> rules = programme();
  const Backtest backtest(rules, words, settings);
  const auto began = std::chrono::steady_clock::now();
  for (const Past& one : pasts) changes += backtest.run(one).size();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%zu readings of %d patients, %zu changes: %.0f readings/s\n", readings, patients, changes, static_cast<double>(readings) / took.count());
  return 0;
}
