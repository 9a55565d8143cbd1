// The members of limits and rules that stand for one thing each, in the order they are written: one table for reading and writing.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "thresholds/rule.hpp"

namespace gateway::config {

struct BoundWord {
  const char* name;
  std::optional<thresholds::Number> thresholds::Limit::*member;
};
inline constexpr std::array<BoundWord, 6> bound_words{{
    {"alert_high", &thresholds::Limit::alert_high},
    {"warning_high", &thresholds::Limit::warning_high},
    {"warning_low", &thresholds::Limit::warning_low},
    {"alert_low", &thresholds::Limit::alert_low},
    {"clear_high", &thresholds::Limit::clear_high},
    {"clear_low", &thresholds::Limit::clear_low},
}};

struct CompareWord {
  const char* name;
  thresholds::Compare compare;
};
inline constexpr std::array<CompareWord, 4> compare_words{{
    {"above", thresholds::Compare::above},
    {"below", thresholds::Compare::below},
    {"at_least", thresholds::Compare::at_least},
    {"at_most", thresholds::Compare::at_most},
}};

struct ChangeWord {
  const char* name;
  bool falls, percent;
};
inline constexpr std::array<ChangeWord, 4> change_words{{
    {"rise", false, false},
    {"rise_percent", false, true},
    {"fall", true, false},
    {"fall_percent", true, true},
}};

struct TrendWord {
  const char* name;
  thresholds::TrendTest::Statistic statistic;
  thresholds::Compare compare;
};
inline constexpr std::array<TrendWord, 12> trend_words{{
    {"average_above", thresholds::TrendTest::Statistic::average, thresholds::Compare::above},
    {"average_below", thresholds::TrendTest::Statistic::average, thresholds::Compare::below},
    {"average_at_least", thresholds::TrendTest::Statistic::average, thresholds::Compare::at_least},
    {"average_at_most", thresholds::TrendTest::Statistic::average, thresholds::Compare::at_most},
    {"median_above", thresholds::TrendTest::Statistic::median, thresholds::Compare::above},
    {"median_below", thresholds::TrendTest::Statistic::median, thresholds::Compare::below},
    {"median_at_least", thresholds::TrendTest::Statistic::median, thresholds::Compare::at_least},
    {"median_at_most", thresholds::TrendTest::Statistic::median, thresholds::Compare::at_most},
    {"slope_above", thresholds::TrendTest::Statistic::slope, thresholds::Compare::above},
    {"slope_below", thresholds::TrendTest::Statistic::slope, thresholds::Compare::below},
    {"slope_at_least", thresholds::TrendTest::Statistic::slope, thresholds::Compare::at_least},
    {"slope_at_most", thresholds::TrendTest::Statistic::slope, thresholds::Compare::at_most},
}};

struct BaselineWord {
  const char* name;
  thresholds::Baseline::Statistic statistic;
};
inline constexpr std::array<BaselineWord, 4> baseline_words{{
    {"average", thresholds::Baseline::Statistic::average},
    {"median", thresholds::Baseline::Statistic::median},
    {"highest", thresholds::Baseline::Statistic::highest},
    {"lowest", thresholds::Baseline::Statistic::lowest},
}};

struct HowWord {
  const char* name;
  thresholds::Condition::Combination::How how;
};
inline constexpr std::array<HowWord, 3> how_words{{
    {"all", thresholds::Condition::Combination::How::all},
    {"any", thresholds::Condition::Combination::How::any},
    {"not", thresholds::Condition::Combination::How::none},
}};

}  // namespace gateway::config
