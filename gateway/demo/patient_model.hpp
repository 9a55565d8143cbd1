// A synthetic patient's body: what a device would show at a given time. Believable, not physiology: a habitual level of
// one's own, day and night, slow drift, measuring noise, and an exacerbation that builds up over hours or days. Pure:
// equal arguments give equal vitals.
#pragma once

#include <chrono>
#include <cstdint>

#include "fhir/decimal.hpp"
#include "fhir/time.hpp"

namespace gateway::demo {

enum class Condition : std::uint8_t { copd, heart_failure };

// Comes back every `every` from `first_onset`; none when `every` is 0.
struct Exacerbations {
  fhir::Time first_onset{};
  std::chrono::seconds every{0};
  std::chrono::seconds ramp{0}, plateau{0}, recovery{0};
};

// Who it is: the habitual levels, drawn once from the seed.
struct Body {
  Condition condition = Condition::copd;
  std::uint64_t seed = 0;
  double oxygen_saturation_percent = 0, pulse_per_minute = 0, respiratory_rate_per_minute = 0, temperature_celsius = 0;
  double weight_kg = 0, systolic_mmhg = 0, diastolic_mmhg = 0, peak_flow_litres_per_minute = 0, fev1_litres = 0;
  Exacerbations exacerbations;
};
Body make_body(Condition, std::uint64_t seed);

// What devices show: rounded to their steps.
struct Vitals {
  std::int64_t oxygen_saturation_percent = 0, pulse_per_minute = 0, respiratory_rate_per_minute = 0;
  std::int64_t systolic_mmhg = 0, diastolic_mmhg = 0, peak_flow_litres_per_minute = 0;
  fhir::Decimal temperature_celsius, weight_kg;  // one decimal
  fhir::Decimal fev1_litres;                     // two decimals
};
Vitals vitals_at(const Body&, fhir::Time);

// How ill somebody is with an exacerbation: 0 not at all, 1 fully. Smooth, no steps.
double burden_at(const Exacerbations&, fhir::Time);

}  // namespace gateway::demo
