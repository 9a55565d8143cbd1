// Which readings a score is made of, and the score they make.
#pragma once

#include <span>
#include <string_view>

#include "thresholds/history.hpp"
#include "thresholds/news2.hpp"
#include "thresholds/rule.hpp"

namespace thresholds {

// Of "news2" the series of News2Inputs; empty for a score that is not computed from readings. The order is that of news2_from().
std::span<const SeriesName> score_inputs(std::string_view score);

// The newest reading of each input, null where there is none that counts. A reading with a comparator is no input: the chart has cells
// for values only. Of heart-rate and pulse-rate, and of the two ways to say that oxygen is given, the one measured last counts.
struct News2Readings {
  News2Inputs inputs;
  std::array<const Reading*, news2_parameters> used{};  // by News2Parameter; null: missing
};
News2Readings news2_from(std::span<const Reading* const> newest, const Person&);

}  // namespace thresholds
