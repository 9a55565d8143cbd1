#include "gateway/demo/patient_model.hpp"

#include <catch2/catch.hpp>

#include "gateway/demo/noise.hpp"
#include "tests/support/printing.hpp"

using namespace gateway::demo;
using namespace std::chrono_literals;

namespace {

constexpr fhir::Time start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 1);
constexpr std::chrono::hours day{24};

Exacerbations once_a_month() {
  Exacerbations all;
  all.first_onset = start;
  all.every = 30 * day;
  all.ramp = 40h;
  all.plateau = 20h;
  all.recovery = 60h;
  return all;
}

double number(const fhir::Decimal& decimal) {
  return std::stod(decimal.text());
}

// The mean of `what` over measurements every 30 minutes from `from` for `span`.
template <class What>
double mean(const Body& body, fhir::Time from, std::chrono::hours span, What what) {
  double sum = 0;
  int count = 0;
  for (fhir::Time at = from; at < from + span; at += 30min, ++count) sum += what(vitals_at(body, at));
  return sum / count;
}

}  // namespace

TEST_CASE("patient model: an exacerbation builds up, stays, fades and comes back", "[demo]") {
  struct Row {
    const char* name;
    std::chrono::hours after;
    double burden;
  };
  const Row rows[] = {{"an hour before", -1h, 0},
                      {"at its onset", 0h, 0},
                      {"half way up", 20h, 0.5},
                      {"built up", 40h, 1},
                      {"the end of its plateau", 59h, 1},
                      {"half way down", 90h, 0.5},
                      {"over", 120h, 0},
                      {"long over", 29 * day, 0},
                      {"half way up again", 740h, 0.5}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(burden_at(once_a_month(), start + row.after) == Approx(row.burden));
    }
  }
  CHECK(burden_at(Exacerbations{}, start + 5h) == 0);
}

TEST_CASE("patient model: a burden never jumps", "[demo]") {
  const Exacerbations all = once_a_month();
  for (auto after = 0min; after < 40 * day; after += 10min) {
    const double step = burden_at(all, start + after + 10min) - burden_at(all, start + after);
    REQUIRE(std::abs(step) < 0.01);
  }
}

TEST_CASE("patient model: the same person at the same time shows the same", "[demo]") {
  const Body one = make_body(Condition::copd, 42), same = make_body(Condition::copd, 42);
  const Body other = make_body(Condition::copd, 43);
  int different = 0;
  for (int hour = 0; hour < 48; ++hour) {
    const fhir::Time at = start + std::chrono::hours(hour);
    const Vitals a = vitals_at(one, at), b = vitals_at(same, at), c = vitals_at(other, at);
    CHECK(a.oxygen_saturation_percent == b.oxygen_saturation_percent);
    CHECK(a.weight_kg == b.weight_kg);
    different += a.pulse_per_minute != c.pulse_per_minute;
  }
  CHECK(different > 24);
}

// A demonstration in which healthy people raise alarms teaches the wrong thing. The bounds are those of deploy/rules.d.
TEST_CASE("patient model: quiet people stay inside the example programmes", "[demo]") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Body copd = make_body(Condition::copd, seed), heart = make_body(Condition::heart_failure, seed);
    for (fhir::Time at = start; at < start + 60 * day; at += 97min) {
      INFO("seed " << seed << " at " << fhir::utc_text(at));
      const Vitals c = vitals_at(copd, at);
      REQUIRE(c.oxygen_saturation_percent >= 90);
      REQUIRE((c.pulse_per_minute >= 51 && c.pulse_per_minute <= 110));
      REQUIRE((c.respiratory_rate_per_minute >= 12 && c.respiratory_rate_per_minute <= 20));
      REQUIRE((c.temperature_celsius >= fhir::Decimal(361, 1) && c.temperature_celsius <= fhir::Decimal(38)));
      const Vitals h = vitals_at(heart, at);
      REQUIRE(h.oxygen_saturation_percent >= 94);
      REQUIRE((h.pulse_per_minute >= 50 && h.pulse_per_minute <= 100));
      REQUIRE((h.systolic_mmhg >= 100 && h.systolic_mmhg <= 160));
      REQUIRE(h.diastolic_mmhg <= 100);
      REQUIRE(number(h.weight_kg) <= heart.weight_kg + 2);
    }
  }
}

TEST_CASE("patient model: at its worst an exacerbation is beyond the red bounds", "[demo]") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    Body copd = make_body(Condition::copd, seed), heart = make_body(Condition::heart_failure, seed);
    copd.exacerbations = heart.exacerbations = once_a_month();
    const fhir::Time worst = start + 40h;
    CHECK(mean(copd, worst, 19h, [](const Vitals& v) { return static_cast<double>(v.oxygen_saturation_percent); }) <
          88);
    CHECK(mean(copd, worst, 19h, [](const Vitals& v) { return static_cast<double>(v.respiratory_rate_per_minute); }) >
          24);
    CHECK(mean(heart, worst, 19h, [](const Vitals& v) { return static_cast<double>(v.pulse_per_minute); }) > 100);
    CHECK(mean(heart, worst, 19h, [](const Vitals& v) { return number(v.weight_kg); }) > heart.weight_kg + 3.5);
  }
}

TEST_CASE("patient model: pulse and pressure are higher in the afternoon than in the night", "[demo]") {
  const Body body = make_body(Condition::heart_failure, 7);
  double night = 0, afternoon = 0;
  for (int i = 0; i < 60; ++i) {
    night += static_cast<double>(vitals_at(body, start + i * day + 3h).systolic_mmhg);  // 04 in Norway
    afternoon += static_cast<double>(vitals_at(body, start + i * day + 15h).systolic_mmhg);
  }
  CHECK(afternoon / 60 - night / 60 > 7);
}

TEST_CASE("noise: bell-shaped, centred and cut", "[demo]") {
  double sum = 0, squares = 0, furthest = 0;
  constexpr int count = 20'000;
  for (int i = 0; i < count; ++i) {
    const double x = bell(99, static_cast<std::uint64_t>(i));
    sum += x;
    squares += x * x;
    furthest = std::max(furthest, std::abs(x));
  }
  CHECK(sum / count == Approx(0).margin(0.03));
  CHECK(squares / count == Approx(1).margin(0.05));
  CHECK(furthest <= 3.5);
}
