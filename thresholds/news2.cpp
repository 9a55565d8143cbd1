#include "thresholds/news2.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

namespace thresholds {
namespace {

// Scores by ascending upper bounds, both sides of the chart in one list: without gaps and overlaps by construction.
struct Step {
  int up_to;  // inclusive
  int score;
};
constexpr int end = std::numeric_limits<int>::max();

// The chart: RCP, National Early Warning Score (NEWS) 2, 2017, chart 1.
constexpr Step respiratory_rate_steps[] = {{8, 3}, {11, 1}, {20, 0}, {24, 2}, {end, 3}};
constexpr Step saturation_scale_1_steps[] = {{91, 3}, {93, 2}, {95, 1}, {end, 0}};
constexpr Step saturation_scale_2_air_steps[] = {{83, 3}, {85, 2}, {87, 1}, {end, 0}};
constexpr Step saturation_scale_2_oxygen_steps[] = {{83, 3}, {85, 2}, {87, 1}, {92, 0}, {94, 1}, {96, 2}, {end, 3}};
constexpr Step systolic_steps[] = {{90, 3}, {100, 2}, {110, 1}, {219, 0}, {end, 3}};
constexpr Step pulse_steps[] = {{40, 3}, {50, 1}, {90, 0}, {110, 1}, {130, 2}, {end, 3}};
constexpr Step temperature_tenths_steps[] = {{350, 3}, {360, 1}, {380, 0}, {390, 1}, {end, 2}};
constexpr int oxygen_score = 2;
constexpr int not_alert_score = 3;

// OURS: what can be a measurement at all, ends inside. Wider than what ingest believes (fhir/kinds.cpp): a real
// breathing rate of 55 must score. Narrow enough that a wrong sign or unit does not: degrees Fahrenheit, kilopascals,
// a saturation of 0.95. Breaths and pulse are counted, so a stated 0 is a finding; it never stands in for a missing
// value.
struct Domain {
  Number low, high;
};
constexpr Domain respiratory_domain{{0, 0}, {200, 0}};
constexpr Domain saturation_domain{{20, 0}, {100, 0}};
constexpr Domain systolic_domain{{20, 0}, {400, 0}};
constexpr Domain pulse_domain{{0, 0}, {400, 0}};
constexpr Domain temperature_domain{{20, 0}, {50, 0}};

constexpr Number adult_from{16, 0};  // OURS; "over 16" in the sources, some of which mean 16 and over

// Thresholds of clinical response: RCP 2017, chart 2.
constexpr int medium_from = 5;
constexpr int high_from = 7;
constexpr int red = 3;

int lookup(std::span<const Step> steps, int value) {
  return std::find_if(steps.begin(), steps.end(), [value](const Step& step) { return value <= step.up_to; })->score;
}

ScoreRange range_of(std::span<const Step> steps) {
  const auto [low, high] =
      std::minmax_element(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.score < b.score; });
  return {low->score, high->score};
}

// Half up, of a number that is not negative and not large: in units of 10^-places. Only the first digit that goes
// decides, so 35.05 is 351 tenths, which its binary double is not.
int rounded_half_up(const Number& number, int places) {
  std::int64_t digits = number.coefficient;
  int dropped = 0;
  for (int scale = number.scale; scale > places; --scale) {
    dropped = static_cast<int>(digits % 10);
    digits /= 10;
  }
  for (int scale = number.scale; scale < places; ++scale) digits *= 10;
  return static_cast<int>(digits) + (dropped >= 5 ? 1 : 0);
}

class Sheet {
 public:
  // The value to look up, or nothing, noted as missing or impossible.
  std::optional<int> given(News2Parameter parameter, const std::optional<Number>& input, const Domain& domain,
                           int places = 0) {
    if (!input) {
      result_.missing.push_back(parameter);
      return std::nullopt;
    }
    if (*input < domain.low || *input > domain.high) {
      result_.impossible.push_back(parameter);
      return std::nullopt;
    }
    return rounded_half_up(*input, places);
  }

  void measured(News2Parameter parameter, const std::optional<Number>& input, const Domain& domain,
                std::span<const Step> steps, int places = 0) {
    const std::optional<int> value = given(parameter, input, domain, places);
    if (value) {
      known(parameter, lookup(steps, *value));
    } else {
      open(range_of(steps));
    }
  }

  void known(News2Parameter parameter, int score) {
    result_.components[static_cast<std::size_t>(parameter)] = score;
    result_.red_score = result_.red_score || score == red;
    open({score, score});
  }

  void missing(News2Parameter parameter, ScoreRange possible) {
    result_.missing.push_back(parameter);
    open(possible);
  }

  void open(ScoreRange possible) { possible_ += possible; }

  News2 finish() && {
    result_.possible = possible_;
    const auto is_known = [](const std::optional<int>& score) { return score.has_value(); };
    if (std::all_of(result_.components.begin(), result_.components.end(), is_known)) result_.total = possible_.min;
    // More points and one more red parameter never lower a band, so the band of the least total holds in any case.
    const News2Band least = band(possible_.min);
    if (result_.total) result_.band = least;
    if (result_.total || least != News2Band::low) result_.at_least = least;
    return std::move(result_);
  }

 private:
  News2Band band(int total) const {
    if (total >= high_from) return News2Band::high;
    if (total >= medium_from) return News2Band::medium;
    return result_.red_score ? News2Band::low_medium : News2Band::low;
  }

  News2 result_;
  ScoreRange possible_;
};

std::span<const Step> saturation_steps(SaturationScale scale, bool oxygen) {
  if (scale == SaturationScale::one) return saturation_scale_1_steps;
  if (oxygen) return saturation_scale_2_oxygen_steps;
  return saturation_scale_2_air_steps;
}

// On scale 2 the cell may depend on the oxygen status. The least of both parameters together is on air and the most on
// oxygen in every row, so their ranges add up without counting something that cannot be.
void score_saturation(Sheet& sheet, const News2Inputs& inputs) {
  constexpr auto parameter = News2Parameter::oxygen_saturation;
  const std::optional<int> value = sheet.given(parameter, inputs.oxygen_saturation, saturation_domain);
  const auto on_air = saturation_steps(inputs.scale, inputs.oxygen.value_or(false));
  const auto on_oxygen = saturation_steps(inputs.scale, inputs.oxygen.value_or(true));
  if (!value) return sheet.open(range_of(on_oxygen));
  const int air = lookup(on_air, *value), oxygen = lookup(on_oxygen, *value);
  if (air == oxygen) return sheet.known(parameter, air);
  sheet.open({air, oxygen});
}

std::optional<News2Refusal> refusal(const News2Inputs& inputs) {
  if (inputs.age && *inputs.age < adult_from) return News2Refusal::under_16;
  if (inputs.pregnant.value_or(false)) return News2Refusal::pregnant;
  return std::nullopt;
}

}  // namespace

News2 news2(const News2Inputs& inputs) {
  if (const auto refused = refusal(inputs)) {
    News2 nothing;
    nothing.refused = refused;
    return nothing;
  }
  using enum News2Parameter;
  Sheet sheet;
  sheet.measured(respiratory_rate, inputs.respiratory_rate, respiratory_domain, respiratory_rate_steps);
  score_saturation(sheet, inputs);
  if (inputs.oxygen) {
    sheet.known(oxygen, *inputs.oxygen ? oxygen_score : 0);
  } else {
    sheet.missing(oxygen, {0, oxygen_score});
  }
  sheet.measured(systolic, inputs.systolic, systolic_domain, systolic_steps);
  sheet.measured(pulse, inputs.pulse, pulse_domain, pulse_steps);
  if (inputs.consciousness) {
    sheet.known(consciousness, *inputs.consciousness == Consciousness::alert ? 0 : not_alert_score);
  } else {
    sheet.missing(consciousness, {0, not_alert_score});
  }
  sheet.measured(temperature, inputs.temperature, temperature_domain, temperature_tenths_steps, 1);
  return std::move(sheet).finish();
}

std::string_view name(News2Parameter parameter) {
  switch (parameter) {
    case News2Parameter::respiratory_rate:
      return "respiratory_rate";
    case News2Parameter::oxygen_saturation:
      return "oxygen_saturation";
    case News2Parameter::oxygen:
      return "oxygen";
    case News2Parameter::systolic:
      return "systolic";
    case News2Parameter::pulse:
      return "pulse";
    case News2Parameter::consciousness:
      return "consciousness";
    case News2Parameter::temperature:
      return "temperature";
  }
  return "";
}

std::string_view name(News2Band band) {
  switch (band) {
    case News2Band::low:
      return "low";
    case News2Band::low_medium:
      return "low-medium";
    case News2Band::medium:
      return "medium";
    case News2Band::high:
      return "high";
  }
  return "";
}

std::string_view name(News2Refusal refusal) {
  switch (refusal) {
    case News2Refusal::under_16:
      return "under-16";
    case News2Refusal::pregnant:
      return "pregnant";
  }
  return "";
}

std::optional<Consciousness> consciousness_named(std::string_view letter) {
  constexpr std::string_view letters = "ACVPU";
  const std::size_t at = letter.size() == 1 ? letters.find(letter.front()) : std::string_view::npos;
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<Consciousness>(at);
}

}  // namespace thresholds
