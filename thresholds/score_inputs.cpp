#include "thresholds/score_inputs.hpp"

#include <array>

namespace thresholds {
namespace {

enum Place : std::size_t { respiratory_rate, saturation, supplemental, flow, systolic, heart_rate, pulse_rate, consciousness, temperature, places };

const std::array<SeriesName, places>& news2_series() {
  static const std::array<SeriesName, places> names{{{"respiratory-rate", ""},
                                                     {"oxygen-saturation", ""},
                                                     {"supplemental-oxygen", ""},
                                                     {"oxygen-flow", ""},
                                                     {"blood-pressure", "systolic"},
                                                     {"heart-rate", ""},
                                                     {"pulse-rate", ""},
                                                     {"consciousness", ""},
                                                     {"body-temperature", ""}}};
  return names;
}

const Reading* later(const Reading* a, const Reading* b) {
  if (a == nullptr || b == nullptr) return a == nullptr ? b : a;
  return b->measured > a->measured ? b : a;
}

}  // namespace

std::span<const SeriesName> score_inputs(std::string_view score) {
  if (score == "news2") return news2_series();
  return {};
}

News2Readings news2_from(std::span<const Reading* const> newest, const Person& person) {
  News2Readings found;
  auto at = [&](Place place) -> const Reading* {
    const Reading* reading = newest[place];
    return reading != nullptr && reading->comparator == Comparator::none ? reading : nullptr;
  };
  auto use = [&](News2Parameter parameter, const Reading* reading) {
    found.used[static_cast<std::size_t>(parameter)] = reading;
    return reading;
  };
  News2Inputs& inputs = found.inputs;
  if (const Reading* reading = use(News2Parameter::respiratory_rate, at(respiratory_rate))) inputs.respiratory_rate = reading->value;
  if (const Reading* reading = use(News2Parameter::oxygen_saturation, at(saturation))) inputs.oxygen_saturation = reading->value;
  if (const Reading* reading = use(News2Parameter::oxygen, later(at(supplemental), at(flow)))) {
    inputs.oxygen = reading->value > Number{0, 0};  // 1: oxygen; a flow in litres per minute: any
  }
  if (const Reading* reading = use(News2Parameter::systolic, at(systolic))) inputs.systolic = reading->value;
  if (const Reading* reading = use(News2Parameter::pulse, later(at(heart_rate), at(pulse_rate)))) inputs.pulse = reading->value;
  if (const Reading* reading = use(News2Parameter::consciousness, at(consciousness))) {
    for (std::int64_t word = 0; word <= static_cast<std::int64_t>(Consciousness::unresponsive); ++word) {
      if (reading->value == Number{word, 0}) inputs.consciousness = static_cast<Consciousness>(word);
    }
  }
  if (const Reading* reading = use(News2Parameter::temperature, at(temperature))) inputs.temperature = reading->value;
  inputs.scale = person.news2_scale == 2 ? SaturationScale::two : SaturationScale::one;
  if (person.age_years) inputs.age = Number{*person.age_years, 0};
  inputs.pregnant = person.pregnant;
  return found;
}

}  // namespace thresholds
