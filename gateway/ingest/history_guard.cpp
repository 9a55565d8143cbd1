// OURS, all of it: nobody publishes such rules. What they rest on:
//
// Weight. Pounds read as kilograms multiply a weight by 1/0.45359237 = 2.2046, kilograms read as pounds divide it by that
// (codes.md 4). A scale repeats itself within a few per cent over weeks; the fastest changes that matter here (oedema, dialysis,
// childbirth) stay below a tenth. So: at least three readings of the last 90 days, all within 5 % of their median, and a value
// whose ratio to the median is within 5 % of one of the two factors. What passes wrongly: a first month of mixed units, since
// its history does not agree with itself. What is held wrongly: another person of the household on the scale who weighs 2.2
// times as much or as little. Then the patient's record is better off for it.
//
// Glucose. The factor is 18.016 (codes.md 4), but glucose itself swings by a factor of five within hours, so a ratio to the
// median proves nothing. What does: no home meter shows the value as sent. Meters show 1.1 to 33.3 mmol/L (20 to 600 mg/dL;
// one family goes down to 0.6), sensors 2.2 to 22.2 (40 to 400 mg/dL), and write LO and HI beyond. Inside those ranges
// nothing is ever held: a fall to 1.5 and a rise from 1.1 to 20 mmol/L are real until a person says otherwise. Outside them a
// value is held when the one it would be in the other unit lies among the patient's own of the last 14 days (at least three,
// between half the lowest and one and a half times the highest). Most of these mistakes need no history: 5.5 mmol/L sent as mg/dL
// is 0.3, 99 mg/dL sent as mmol/L is 99, and both are outside the plausible range. What passes wrongly: more than 19.8 mmol/L sent
// as mg/dL, which reads 1.1 or more, and less than 33.4 mg/dL sent as mmol/L, which reads 33 or less; both breach any limit as they
// are. What is held wrongly: a true 0.6 to 1.1 of a meter that shows it, in a patient who was at 10 to 20 the days before; it
// would have breached, so its technical alarm is severe.
#include "gateway/ingest/history_guard.hpp"

#include <algorithm>
#include <vector>

namespace gateway::ingest {
namespace {

using fhir::Decimal;

// The guard compares, it files nothing: doubles are exact enough and cheap.
double number(const Decimal& value) {
  double scaled = static_cast<double>(value.coefficient());
  for (int i = 0; i < value.scale(); ++i) scaled /= 10;
  return scaled;
}

constexpr std::size_t fewest = 3;  // below that a history is an accident

std::vector<double> recent(std::span<const registry::PastReading> past, fhir::Time measured, ObservationId self,
                           std::chrono::hours period) {
  std::vector<double> values;
  for (const registry::PastReading& reading : past) {
    const auto apart = measured > reading.measured ? measured - reading.measured : reading.measured - measured;
    if (reading.id != self && apart <= period) values.push_back(number(reading.value));
  }
  std::sort(values.begin(), values.end());
  return values;
}

bool near(double a, double b, double share) { return a > b * (1 - share) && a < b * (1 + share); }

// Decimals to the places a person reads; the operands are small enough never to overflow.
Decimal meant(const Decimal& value, double factor) {
  const double scaled = number(value) * factor * 100;
  return Decimal(static_cast<std::int64_t>(scaled + 0.5), 2);
}

std::optional<UnitSlip> weight_slip(const Decimal& value, const std::vector<double>& past) {
  constexpr double agreement = 0.05;
  constexpr double pounds_in_kilogram = 1 / 0.45359237;
  const double median = past[past.size() / 2];
  if (!near(past.front(), median, agreement) || !near(past.back(), median, agreement)) return std::nullopt;
  const double ratio = number(value) / median;
  if (near(ratio, pounds_in_kilogram, agreement)) {
    return UnitSlip{"looks like pounds sent as kilograms, by the patient's own last weights", meant(value, 0.45359237)};
  }
  if (near(ratio, 0.45359237, agreement)) {
    return UnitSlip{"looks like kilograms sent as pounds, by the patient's own last weights",
                    meant(value, pounds_in_kilogram)};
  }
  return std::nullopt;
}

// What devices of a kind show, in mmol/L.
struct Shown {
  double lowest, highest;
};

std::optional<UnitSlip> glucose_slip(const Decimal& value, const std::vector<double>& past, Shown shown) {
  constexpr double mg_dl_in_mmol = 18.016;
  const double sent = number(value);
  const auto among_own = [&](double mmol) { return mmol >= past.front() * 0.5 && mmol <= past.back() * 1.5; };
  if (sent > shown.highest && among_own(sent / mg_dl_in_mmol)) {
    return UnitSlip{"looks like mg/dL sent as mmol/L, by the patient's own last glucose values", meant(value, 1 / mg_dl_in_mmol)};
  }
  if (sent < shown.lowest && among_own(sent * mg_dl_in_mmol)) {
    return UnitSlip{"looks like mmol/L sent as mg/dL, by the patient's own last glucose values", meant(value, mg_dl_in_mmol)};
  }
  return std::nullopt;
}

}  // namespace

bool guarded(fhir::Kind kind) {
  const fhir::KnownKinds& known = fhir::kinds();
  return kind == known.body_weight || kind == known.blood_glucose || kind == known.interstitial_glucose;
}

std::optional<UnitSlip> unit_slip(fhir::Kind kind, const Decimal& value, fhir::Time measured, ObservationId self,
                                  std::span<const registry::PastReading> past) {
  if (!guarded(kind)) return std::nullopt;
  const fhir::KnownKinds& known = fhir::kinds();
  const bool weight = kind == known.body_weight;
  const std::vector<double> values = recent(past, measured, self, std::chrono::hours(24 * (weight ? 90 : 14)));
  if (values.size() < fewest) return std::nullopt;
  if (weight) return weight_slip(value, values);
  return glucose_slip(value, values, kind == known.blood_glucose ? Shown{1.1, 33.3} : Shown{2.2, 22.2});
}

}  // namespace gateway::ingest
