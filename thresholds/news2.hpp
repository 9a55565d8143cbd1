// NEWS2, the National Early Warning Score (Royal College of Physicians, 2017): seven parameters of an adult to a
// total of 0 to 20. Pure and total. Whoever calls decides which readings belong together and how old they may be:
// this knows no time, and no comparators (">=25" is not a value). Nothing missing counts as normal: there is no
// partial score, only what the total can still become.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "thresholds/number.hpp"
#include "thresholds/score_range.hpp"

namespace thresholds {

// C is new confusion; confusion of unknown age counts as new.
enum class Consciousness : std::uint8_t { alert, confusion, voice, pain, unresponsive };

// Two is for confirmed hypercapnic respiratory failure with a target of 88-92 %, by a clinician's decision; it never
// follows from a diagnosis.
enum class SaturationScale : std::uint8_t { one = 1, two = 2 };

struct News2Inputs {
  std::optional<Number> respiratory_rate;   // /min
  std::optional<Number> oxygen_saturation;  // %
  SaturationScale scale = SaturationScale::one;
  std::optional<bool> oxygen;      // breathes supplemental oxygen; unknown is missing, never air
  std::optional<Number> systolic;  // mm[Hg]
  std::optional<Number> pulse;     // /min
  std::optional<Consciousness> consciousness;
  std::optional<Number> temperature;  // Cel
  // What the score is not made for. Unknown does not refuse.
  std::optional<Number> age;  // years
  std::optional<bool> pregnant;
};

// In the order of the chart; the names are those of the inputs.
enum class News2Parameter : std::uint8_t {
  respiratory_rate,
  oxygen_saturation,
  oxygen,
  systolic,
  pulse,
  consciousness,
  temperature
};
inline constexpr std::size_t news2_parameters = 7;

enum class News2Band : std::uint8_t { low, low_medium, medium, high };
enum class News2Refusal : std::uint8_t { under_16, pregnant };

std::string_view name(News2Parameter);  // "respiratory_rate"
std::string_view name(News2Band);       // "low-medium"
std::string_view name(News2Refusal);    // "under-16"
std::optional<Consciousness> consciousness_named(std::string_view);  // "A", "C", "V", "P", "U"

struct News2 {
  // By News2Parameter. Absent: not known, because the input is missing or impossible, or because on scale 2 the cell
  // depends on an unknown oxygen status.
  std::array<std::optional<int>, news2_parameters> components;
  std::optional<int> total;  // only when every component is known
  // What the total can be, whatever the unknown is; both ends can be reached. min is the lower bound that missing
  // inputs can only add to. Equal to the total when there is one.
  ScoreRange possible{0, 20};
  bool red_score = false;         // a known component is 3, complete or not
  std::optional<News2Band> band;  // only with a total
  // The band that holds whatever the unknown is; with a total it is the band. Absent when only "low" is certain of an
  // incomplete set: that would read as an all-clear.
  std::optional<News2Band> at_least;
  std::vector<News2Parameter> missing;     // not given
  std::vector<News2Parameter> impossible;  // given, but no measurement (-5, 98.6 degrees): unknown, like a missing one
  // The score does not apply; then nothing above is known.
  std::optional<News2Refusal> refused;

  bool complete() const { return total.has_value(); }
  std::optional<int> component(News2Parameter parameter) const {
    return components[static_cast<std::size_t>(parameter)];
  }
};

News2 news2(const News2Inputs&);

}  // namespace thresholds
