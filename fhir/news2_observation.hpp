// A computed NEWS2 as an Observation: the total, the seven component scores as VKP's NEWS2 profile has them (norway.md 2.8: SNOMED CT
// codes of the UK extension), and the readings it is derived from.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fhir/time.hpp"

namespace fhir {

struct News2Part {
  int score = 0;
  std::string_view text;  // what was scored, for people: "93 %"
};

struct News2Result {
  std::string_view identifier;  // of the Observation
  DateTime effective;           // the newest input's time
  int total = 0;
  int scale = 1;                // SpO2 scale
  // Respiration, saturation, air or oxygen, systolic, pulse, consciousness, temperature: the order of the chart.
  std::span<const News2Part, 7> parts;
  std::span<const std::string> derived_from;  // ids of Observations
};

// As observation_body().
std::string news2_body(const News2Result&);

}  // namespace fhir
