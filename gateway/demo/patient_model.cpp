#include "gateway/demo/patient_model.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "gateway/demo/noise.hpp"

namespace gateway::demo {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Each thing that varies has its own stream of noise.
enum Channel : std::uint64_t { saturation, pulse, breathing, temperature, weight, systolic, diastolic, flow, volume };

constexpr double ease(double x) {  // 0 to 1 without a corner
  x = std::clamp(x, 0.0, 1.0);
  return x * x * (3 - 2 * x);
}

double share(seconds part, seconds whole) {
  return whole.count() == 0 ? 1 : static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

// 1 at `peak` o'clock, -1 twelve hours away. Norwegian winter time all year: an hour more or less shows nowhere.
double day_wave(fhir::Time at, double peak_hour) {
  const auto since_midnight = (at + hours(1)).time_since_epoch() % hours(24);
  const double hour = std::chrono::duration<double, std::ratio<3600>>(since_midnight).count();
  return std::cos((hour - peak_hour) / 24 * 2 * std::numbers::pi);
}

class Reader {
 public:
  Reader(const Body& body, fhir::Time at)
      : body_(body), seconds_(static_cast<std::uint64_t>(std::chrono::floor<seconds>(at).time_since_epoch().count())) {}

  // What one measurement is off by.
  double noise(Channel channel, double deviation) const { return deviation * bell(mix(body_.seed, channel), seconds_); }
  // Better and worse days: even between two-day marks.
  double drift(Channel channel, double deviation) const {
    constexpr std::uint64_t step = 2 * 86'400;
    const std::uint64_t own = mix(body_.seed, 100 + channel), mark = seconds_ / step;
    const double along = ease(static_cast<double>(seconds_ % step) / static_cast<double>(step));
    return deviation * (bell(own, mark) * (1 - along) + bell(own, mark + 1) * along);
  }

 private:
  const Body& body_;
  std::uint64_t seconds_;
};

std::int64_t whole(double value, double low, double high) {
  return std::lround(std::clamp(value, low, high));
}

fhir::Decimal decimals(double value, int digits) {
  return {std::llround(value * std::pow(10, digits)), digits};
}

// How far an exacerbation moves each level at its worst. Ours: enough to cross the example programmes' red bounds
// (deploy/rules.d) for the fall in saturation and the rise in pulse, which are what home monitoring of COPD looks for
// (doi 10.1186/1471-2466-10-52), and more than 2 kg of fluid within three days in heart failure (European Society of
// Cardiology's advice to patients).
struct Shift {
  double saturation, pulse, breathing, temperature, weight, systolic, diastolic, flow_share;
};
constexpr Shift copd_shift{-9, 24, 10, 1.4, 0, 8, 4, -0.35};
constexpr Shift heart_failure_shift{-6, 36, 8, 0.1, 4.2, 28, 14, -0.1};

}  // namespace

Body make_body(Condition condition, std::uint64_t seed) {
  Body body;
  body.condition = condition;
  body.seed = seed;
  const bool copd = condition == Condition::copd;
  auto draw = [place = std::uint64_t{1000}, seed](double low, double high) mutable {
    return between(low, high, seed, place++);
  };
  // Levels from which no quiet day leaves the example programmes, even where all that varies meets.
  body.oxygen_saturation_percent = copd ? draw(93.6, 95) : draw(97.6, 98.6);
  body.pulse_per_minute = copd ? draw(74, 86) : draw(72, 78);
  body.respiratory_rate_per_minute = draw(15.3, 16.2);
  body.temperature_celsius = draw(36.7, 36.9);
  body.weight_kg = copd ? draw(52, 78) : draw(68, 98);
  body.systolic_mmhg = draw(123, 137);
  body.diastolic_mmhg = draw(70, 80);
  body.peak_flow_litres_per_minute = copd ? draw(180, 290) : draw(340, 460);
  body.fev1_litres = copd ? draw(0.9, 1.6) : draw(2.1, 2.9);
  return body;
}

double burden_at(const Exacerbations& all, fhir::Time at) {
  if (all.every.count() == 0 || at < all.first_onset) return 0;
  const seconds since = std::chrono::floor<seconds>(at - all.first_onset) % all.every;
  if (since < all.ramp) return ease(share(since, all.ramp));
  if (since < all.ramp + all.plateau) return 1;
  return 1 - ease(share(since - all.ramp - all.plateau, all.recovery));
}

// Deviations of a stable patient: saturation about 1 %, pulse about 5/min, peak flow about 10 L/min within a person
// (doi 10.1186/1471-2466-10-52), here split between noise and drift. Day and night: pressure and pulse are lowest at
// about four in the morning, temperature too.
Vitals vitals_at(const Body& body, fhir::Time at) {
  const Reader reader(body, at);
  const double burden = burden_at(body.exacerbations, at);
  const Shift& shift = body.condition == Condition::copd ? copd_shift : heart_failure_shift;
  const double afternoon = day_wave(at, 16);

  Vitals vitals;
  const double oxygen = body.oxygen_saturation_percent + 0.4 * afternoon + reader.drift(saturation, 0.3) +
                        reader.noise(saturation, 0.7) + shift.saturation * burden;
  vitals.oxygen_saturation_percent = whole(oxygen, 70, 100);
  const double beats =
      body.pulse_per_minute + 4 * afternoon + reader.drift(pulse, 2) + reader.noise(pulse, 3) + shift.pulse * burden;
  vitals.pulse_per_minute = whole(beats, 35, 180);
  const double breaths =
      body.respiratory_rate_per_minute + 0.5 * afternoon + reader.noise(breathing, 0.8) + shift.breathing * burden;
  vitals.respiratory_rate_per_minute = whole(breaths, 8, 45);
  const double warmth =
      body.temperature_celsius + 0.25 * afternoon + reader.noise(temperature, 0.1) + shift.temperature * burden;
  vitals.temperature_celsius = decimals(warmth, 1);
  // A person weighs most in the evening, a few hundred grams above the morning.
  const double kilograms = body.weight_kg + 0.3 * day_wave(at, 19) + reader.drift(weight, 0.25) +
                           reader.noise(weight, 0.1) + shift.weight * burden;
  vitals.weight_kg = decimals(kilograms, 1);
  const double upper = body.systolic_mmhg + 5 * afternoon + reader.drift(systolic, 2) + reader.noise(systolic, 3) +
                       shift.systolic * burden;
  const double lower = body.diastolic_mmhg + 3 * afternoon + reader.drift(diastolic, 2) + reader.noise(diastolic, 2.5) +
                       shift.diastolic * burden;
  vitals.systolic_mmhg = whole(upper, 70, 230);
  vitals.diastolic_mmhg = std::min(whole(lower, 40, 130), vitals.systolic_mmhg - 15);
  const double blown = 1 + shift.flow_share * burden;
  vitals.peak_flow_litres_per_minute =
      whole((body.peak_flow_litres_per_minute + 6 * afternoon + reader.noise(flow, 8)) * blown, 60, 800);
  vitals.fev1_litres = decimals(std::max(0.3, (body.fev1_litres + reader.noise(volume, 0.05)) * blown), 2);
  return vitals;
}

}  // namespace gateway::demo
