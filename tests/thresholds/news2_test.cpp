// The chart of NEWS2 is here a second time, written as closed ranges, so that a slip in one table shows against the
// other.
#include "thresholds/news2.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace thresholds;

namespace {

constexpr Number tenths(int value) { return {value, 1}; }

// A set of inputs in whole numbers, temperature in tenths; absent is missing.
struct Values {
  std::optional<int> rate, saturation;
  int scale = 1;
  std::optional<bool> oxygen;
  std::optional<int> systolic, pulse;
  std::optional<char> consciousness;
  std::optional<int> temperature;
};

std::optional<Number> whole(const std::optional<int>& value) {
  if (!value) return std::nullopt;
  return Number{*value, 0};
}

News2Inputs inputs(const Values& values) {
  News2Inputs made;
  made.respiratory_rate = whole(values.rate);
  made.oxygen_saturation = whole(values.saturation);
  made.scale = values.scale == 2 ? SaturationScale::two : SaturationScale::one;
  made.oxygen = values.oxygen;
  made.systolic = whole(values.systolic);
  made.pulse = whole(values.pulse);
  if (values.consciousness) made.consciousness = consciousness_named(std::string(1, *values.consciousness));
  if (values.temperature) made.temperature = tenths(*values.temperature);
  return made;
}

bool in(int value, int low, int high) { return low <= value && value <= high; }

int rate_score(int v) {
  if (in(v, 12, 20)) return 0;
  if (in(v, 9, 11)) return 1;
  return in(v, 21, 24) ? 2 : 3;
}
int saturation_score(int v, int scale, bool oxygen) {
  if (scale == 1) {
    if (in(v, 96, 100)) return 0;
    if (in(v, 94, 95)) return 1;
    return in(v, 92, 93) ? 2 : 3;
  }
  if (in(v, 88, 92) || (!oxygen && in(v, 93, 100))) return 0;
  if (in(v, 86, 87) || (oxygen && in(v, 93, 94))) return 1;
  return in(v, 84, 85) || (oxygen && in(v, 95, 96)) ? 2 : 3;
}
int systolic_score(int v) {
  if (in(v, 111, 219)) return 0;
  if (in(v, 101, 110)) return 1;
  return in(v, 91, 100) ? 2 : 3;
}
int pulse_score(int v) {
  if (in(v, 51, 90)) return 0;
  if (in(v, 41, 50) || in(v, 91, 110)) return 1;
  return in(v, 111, 130) ? 2 : 3;
}
int temperature_score(int v) {
  if (in(v, 361, 380)) return 0;
  if (in(v, 351, 360) || in(v, 381, 390)) return 1;
  return in(v, 391, 500) ? 2 : 3;
}

// Of a complete set.
std::array<int, 7> closed_ranges(const Values& v) {
  return {rate_score(*v.rate),
          saturation_score(*v.saturation, v.scale, *v.oxygen),
          *v.oxygen ? 2 : 0,
          systolic_score(*v.systolic),
          pulse_score(*v.pulse),
          *v.consciousness == 'A' ? 0 : 3,
          temperature_score(*v.temperature)};
}
int sum(const std::array<int, 7>& scores) {
  int total = 0;
  for (int score : scores) total += score;
  return total;
}
bool has_three(const std::array<int, 7>& scores) { return std::find(scores.begin(), scores.end(), 3) != scores.end(); }
News2Band band(int total, bool single_three) {
  if (total > 6) return News2Band::high;
  if (total == 5 || total == 6) return News2Band::medium;
  return single_three ? News2Band::low_medium : News2Band::low;
}

std::array<int, 7> known(const News2& result) {
  std::array<int, 7> scores{};
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = result.components[i].value_or(-1);
  return scores;
}

struct Vector {
  int number;
  Values values;
  std::array<int, 7> components;
  int total;
  bool red;
  std::string band;
};

constexpr bool air = false, oxygen = true;

// Written down from the chart by hand, each boundary at least once; 1 to 30 of the reference set.
const std::vector<Vector>& vectors() {
  static const std::vector<Vector> rows{
      {1, {8, 96, 1, air, 111, 51, 'A', 361}, {3, 0, 0, 0, 0, 0, 0}, 3, true, "low-medium"},
      {2, {9, 95, 1, air, 110, 50, 'A', 360}, {1, 1, 0, 1, 1, 0, 1}, 5, false, "medium"},
      {3, {11, 94, 1, air, 101, 41, 'A', 351}, {1, 1, 0, 1, 1, 0, 1}, 5, false, "medium"},
      {4, {12, 93, 1, air, 100, 40, 'A', 350}, {0, 2, 0, 2, 3, 0, 3}, 10, true, "high"},
      {5, {20, 92, 1, air, 91, 90, 'A', 380}, {0, 2, 0, 2, 0, 0, 0}, 4, false, "low"},
      {6, {21, 91, 1, air, 90, 91, 'A', 381}, {2, 3, 0, 3, 1, 0, 1}, 10, true, "high"},
      {7, {24, 96, 1, air, 219, 110, 'A', 390}, {2, 0, 0, 0, 1, 0, 1}, 4, false, "low"},
      {8, {25, 96, 1, air, 220, 111, 'A', 391}, {3, 0, 0, 3, 2, 0, 2}, 10, true, "high"},
      {9, {16, 98, 1, oxygen, 120, 130, 'A', 370}, {0, 0, 2, 0, 2, 0, 0}, 4, false, "low"},
      {10, {16, 98, 1, air, 120, 131, 'A', 370}, {0, 0, 0, 0, 3, 0, 0}, 3, true, "low-medium"},
      {11, {16, 98, 1, air, 120, 70, 'C', 370}, {0, 0, 0, 0, 0, 3, 0}, 3, true, "low-medium"},
      {12, {18, 83, 2, air, 125, 80, 'A', 368}, {0, 3, 0, 0, 0, 0, 0}, 3, true, "low-medium"},
      {13, {18, 84, 2, air, 125, 80, 'A', 368}, {0, 2, 0, 0, 0, 0, 0}, 2, false, "low"},
      {14, {18, 85, 2, oxygen, 125, 80, 'A', 368}, {0, 2, 2, 0, 0, 0, 0}, 4, false, "low"},
      {15, {18, 86, 2, air, 125, 80, 'A', 368}, {0, 1, 0, 0, 0, 0, 0}, 1, false, "low"},
      {16, {18, 87, 2, oxygen, 125, 80, 'A', 368}, {0, 1, 2, 0, 0, 0, 0}, 3, false, "low"},
      {17, {18, 88, 2, oxygen, 125, 80, 'A', 368}, {0, 0, 2, 0, 0, 0, 0}, 2, false, "low"},
      {18, {18, 92, 2, oxygen, 125, 80, 'A', 368}, {0, 0, 2, 0, 0, 0, 0}, 2, false, "low"},
      {19, {18, 93, 2, air, 125, 80, 'A', 368}, {0, 0, 0, 0, 0, 0, 0}, 0, false, "low"},
      {20, {18, 93, 2, oxygen, 125, 80, 'A', 368}, {0, 1, 2, 0, 0, 0, 0}, 3, false, "low"},
      {21, {18, 94, 2, oxygen, 125, 80, 'A', 368}, {0, 1, 2, 0, 0, 0, 0}, 3, false, "low"},
      {22, {18, 95, 2, oxygen, 125, 80, 'A', 368}, {0, 2, 2, 0, 0, 0, 0}, 4, false, "low"},
      {23, {18, 96, 2, oxygen, 125, 80, 'A', 368}, {0, 2, 2, 0, 0, 0, 0}, 4, false, "low"},
      {24, {18, 97, 2, oxygen, 125, 80, 'A', 368}, {0, 3, 2, 0, 0, 0, 0}, 5, true, "medium"},
      {25, {18, 100, 2, air, 125, 80, 'A', 368}, {0, 0, 0, 0, 0, 0, 0}, 0, false, "low"},
      {26, {18, 90, 1, air, 125, 80, 'A', 368}, {0, 3, 0, 0, 0, 0, 0}, 3, true, "low-medium"},
      {27, {30, 85, 1, oxygen, 80, 140, 'U', 340}, {3, 3, 2, 3, 3, 3, 3}, 20, true, "high"},
      {28, {14, 97, 1, air, 128, 72, 'A', 367}, {0, 0, 0, 0, 0, 0, 0}, 0, false, "low"},
      {29, {22, 93, 1, air, 105, 95, 'A', 368}, {2, 2, 0, 1, 1, 0, 0}, 6, false, "medium"},
      {30, {22, 93, 1, air, 105, 95, 'A', 385}, {2, 2, 0, 1, 1, 0, 1}, 7, false, "high"},
  };
  return rows;
}

const Values& normal() { return vectors()[27].values; }  // everything scores 0

constexpr std::array<const char*, 7> input_names{"respiratory_rate", "oxygen_saturation", "oxygen",     "systolic",
                                                 "pulse",            "consciousness",     "temperature"};

void take_away(Values& values, std::size_t parameter) {
  if (parameter == 0) values.rate.reset();
  if (parameter == 1) values.saturation.reset();
  if (parameter == 2) values.oxygen.reset();
  if (parameter == 3) values.systolic.reset();
  if (parameter == 4) values.pulse.reset();
  if (parameter == 5) values.consciousness.reset();
  if (parameter == 6) values.temperature.reset();
}

}  // namespace

TEST_CASE("news2: the reference vectors", "[thresholds][news2]") {
  for (const Vector& row : vectors()) {
    DYNAMIC_SECTION(row.number) {
      const News2 result = news2(inputs(row.values));
      CHECK(known(result) == row.components);
      CHECK(result.total == row.total);
      CHECK(result.complete());
      CHECK((result.possible == ScoreRange{row.total, row.total}));
      CHECK(result.red_score == row.red);
      REQUIRE(result.band);
      CHECK(name(*result.band) == row.band);
      CHECK(result.at_least == result.band);
      CHECK(result.missing.empty());
      CHECK(result.impossible.empty());
      CHECK_FALSE(result.refused);
      CHECK(closed_ranges(row.values) == row.components);
    }
  }
}

TEST_CASE("news2: every cell of the chart, at both of its ends", "[thresholds][news2]") {
  struct Cell {
    int low, high, score;
  };
  struct Row {
    const char* name;
    News2Parameter parameter;
    int scale;
    bool on_oxygen;
    std::vector<Cell> cells;  // without gaps: the next begins one above
  };
  using enum News2Parameter;
  const std::vector<Row> rows{
      {"respiratory rate", respiratory_rate, 1, air, {{0, 8, 3}, {9, 11, 1}, {12, 20, 0}, {21, 24, 2}, {25, 200, 3}}},
      {"saturation, scale 1, air", oxygen_saturation, 1, air, {{20, 91, 3}, {92, 93, 2}, {94, 95, 1}, {96, 100, 0}}},
      {"saturation, scale 1, oxygen", oxygen_saturation, 1, true,
       {{20, 91, 3}, {92, 93, 2}, {94, 95, 1}, {96, 100, 0}}},
      {"saturation, scale 2, air", oxygen_saturation, 2, air, {{20, 83, 3}, {84, 85, 2}, {86, 87, 1}, {88, 100, 0}}},
      {"saturation, scale 2, oxygen", oxygen_saturation, 2, true,
       {{20, 83, 3}, {84, 85, 2}, {86, 87, 1}, {88, 92, 0}, {93, 94, 1}, {95, 96, 2}, {97, 100, 3}}},
      {"systolic", systolic, 1, air, {{20, 90, 3}, {91, 100, 2}, {101, 110, 1}, {111, 219, 0}, {220, 400, 3}}},
      {"pulse", pulse, 1, air, {{0, 40, 3}, {41, 50, 1}, {51, 90, 0}, {91, 110, 1}, {111, 130, 2}, {131, 400, 3}}},
      {"temperature in tenths", temperature, 1, air,
       {{200, 350, 3}, {351, 360, 1}, {361, 380, 0}, {381, 390, 1}, {391, 500, 2}}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Values values = normal();
      values.scale = row.scale;
      values.oxygen = row.on_oxygen;
      for (std::size_t i = 0; i < row.cells.size(); ++i) {
        const Cell& cell = row.cells[i];
        if (i > 0) REQUIRE(cell.low == row.cells[i - 1].high + 1);
        for (int value : {cell.low, cell.high}) {
          News2Inputs made = inputs(values);
          (row.parameter == respiratory_rate    ? made.respiratory_rate
           : row.parameter == oxygen_saturation ? made.oxygen_saturation
           : row.parameter == systolic          ? made.systolic
           : row.parameter == pulse             ? made.pulse
                                                : made.temperature) =
              row.parameter == temperature ? tenths(value) : Number{value, 0};
          INFO(value);
          const News2 result = news2(made);
          CHECK(result.component(row.parameter) == cell.score);
          CHECK(result.red_score == (cell.score == 3));
          CHECK(result.total.has_value());
        }
      }
    }
  }
  for (const auto& [letter, score] : {std::pair{"A", 0}, {"C", 3}, {"V", 3}, {"P", 3}, {"U", 3}}) {
    News2Inputs made = inputs(normal());
    made.consciousness = consciousness_named(letter);
    CHECK(news2(made).component(consciousness) == score);
  }
  for (const char* nothing : {"", "a", "X", "AV", "Alert", "N"}) CHECK_FALSE(consciousness_named(nothing));
}

TEST_CASE("news2: agrees with closed ranges over the whole domain", "[thresholds][news2]") {
  // A score is a sum of independent parameters but for saturation, scale and oxygen: one parameter at a time over all its
  // values, those three together, and the sum on random sets.
  const auto check = [](const Values& values) {
    const News2 result = news2(inputs(values));
    const std::array<int, 7> expected = closed_ranges(values);
    REQUIRE(known(result) == expected);
    REQUIRE(result.total == sum(expected));
    REQUIRE(result.red_score == has_three(expected));
    REQUIRE(result.band == band(sum(expected), has_three(expected)));
  };
  const auto each = [&check](std::optional<int> Values::*member, int low, int high) {
    for (int value = low; value <= high; ++value) {
      Values values = normal();
      values.*member = value;
      check(values);
    }
  };
  each(&Values::rate, 0, 200);
  each(&Values::systolic, 20, 400);
  each(&Values::pulse, 0, 400);
  each(&Values::temperature, 200, 500);
  for (int saturation = 20; saturation <= 100; ++saturation) {
    for (int scale : {1, 2}) {
      for (bool on_oxygen : {air, oxygen}) {
        Values values = normal();
        values.saturation = saturation;
        values.scale = scale;
        values.oxygen = on_oxygen;
        check(values);
      }
    }
  }
  std::mt19937 random(20261126);
  const auto between = [&random](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  int least = 99, most = -1;
  for (int i = 0; i < 100'000; ++i) {
    Values values{between(5, 30),    between(80, 100),           between(1, 2),      between(0, 1) == 1,
                  between(80, 230),  between(35, 140), "ACVPU"[between(0, 4)], between(340, 400)};
    if (i % 3 == 0) values.consciousness = 'A';
    check(values);
    const int total = sum(closed_ranges(values));
    least = std::min(least, total);
    most = std::max(most, total);
  }
  CHECK(least == 0);
  CHECK(most >= 17);
}

TEST_CASE("news2: values are rounded half up from their decimal digits", "[thresholds][news2]") {
  struct Row {
    const char* name;
    std::optional<Number> News2Inputs::*input;
    Number value;
    int score;
  };
  using In = News2Inputs;
  const std::vector<Row> rows{
      {"35.04 is 35.0", &In::temperature, {3504, 2}, 3},
      {"35.05 is 35.1, which a binary double is not", &In::temperature, {3505, 2}, 1},
      {"35.0499999 is 35.0", &In::temperature, {350499999, 7}, 3},
      {"36.04 is 36.0", &In::temperature, {3604, 2}, 1},
      {"36.05 is 36.1", &In::temperature, {3605, 2}, 0},
      {"38.04 is 38.0", &In::temperature, {3804, 2}, 0},
      {"38.05 is 38.1", &In::temperature, {3805, 2}, 1},
      {"39.05 is 39.1", &In::temperature, {3905, 2}, 2},
      {"37 without decimals", &In::temperature, {37, 0}, 0},
      {"37.000", &In::temperature, {37000, 3}, 0},
      {"4e1", &In::temperature, {4, -1}, 2},
      {"8.4 is 8", &In::respiratory_rate, {84, 1}, 3},
      {"8.5 is 9", &In::respiratory_rate, {85, 1}, 1},
      {"20.49 is 20", &In::respiratory_rate, {2049, 2}, 0},
      {"20.5 is 21", &In::respiratory_rate, {205, 1}, 2},
      {"24.5 is 25", &In::respiratory_rate, {245, 1}, 3},
      {"a breath in 10^30", &In::respiratory_rate, {1, 30}, 3},
      {"0 in 10^30", &In::respiratory_rate, {0, 30}, 3},
      {"0 in 10^-30", &In::respiratory_rate, {0, -30}, 3},
      {"18 decimals, just below a half", &In::respiratory_rate, {8'499'999'999'999'999'999, 18}, 3},
      {"18 decimals, the half", &In::respiratory_rate, {8'500'000'000'000'000'000, 18}, 1},
      {"91.5 is 92", &In::oxygen_saturation, {915, 1}, 2},
      {"95.49 is 95", &In::oxygen_saturation, {9549, 2}, 1},
      {"99.96 is 100", &In::oxygen_saturation, {9996, 2}, 0},
      {"219.5 is 220", &In::systolic, {2195, 1}, 3},
      {"90.5 is 91", &In::systolic, {905, 1}, 2},
      {"130.5 is 131", &In::pulse, {1305, 1}, 3},
      {"40.4 is 40", &In::pulse, {404, 1}, 3},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      News2Inputs made = inputs(normal());
      made.*row.input = row.value;
      CHECK(news2(made).total == row.score);
    }
  }
  // Every hundredth of a degree: the whole tenths of the closed ranges, half up.
  for (int hundredths = 3000; hundredths <= 4500; ++hundredths) {
    News2Inputs made = inputs(normal());
    made.temperature = Number{hundredths, 2};
    INFO(hundredths);
    REQUIRE(news2(made).total == temperature_score((hundredths + 5) / 10));
  }
}

TEST_CASE("news2: whatever is missing, the possible range is exactly what completions reach", "[thresholds][news2]") {
  // One value for each cell of the chart.
  const std::vector<int> rates{8, 10, 15, 22, 30}, systolics{85, 95, 105, 150, 230}, pulses{30, 45, 70, 100, 120, 150};
  const std::vector<int> temperatures{345, 355, 370, 385, 395}, saturations{80, 84, 86, 90, 92, 93, 94, 95, 96, 97, 99};
  const std::vector<char> letters{'A', 'V'};
  const std::vector<bool> gases{air, oxygen};
  const auto or_all = [](const auto& given, const auto& all) {
    return given ? std::decay_t<decltype(all)>{*given} : all;
  };
  for (int number : {4, 14, 20, 24, 25, 28, 29}) {
    const Values& full = vectors()[static_cast<std::size_t>(number - 1)].values;
    for (unsigned gone = 0; gone < 128; ++gone) {
      Values partial = full;
      for (std::size_t parameter = 0; parameter < 7; ++parameter) {
        if ((gone >> parameter & 1U) != 0) take_away(partial, parameter);
      }
      const News2 result = news2(inputs(partial));
      int least = 99, most = -1;
      bool always_red = true;
      News2Band lowest = News2Band::high;
      for (bool gas : or_all(partial.oxygen, gases))
        for (int rate : or_all(partial.rate, rates))
          for (int saturation : or_all(partial.saturation, saturations))
            for (int pressure : or_all(partial.systolic, systolics))
              for (int beat : or_all(partial.pulse, pulses))
                for (char letter : or_all(partial.consciousness, letters))
                  for (int warmth : or_all(partial.temperature, temperatures)) {
                    const auto scores =
                        closed_ranges({rate, saturation, full.scale, gas, pressure, beat, letter, warmth});
                    least = std::min(least, sum(scores));
                    most = std::max(most, sum(scores));
                    always_red = always_red && has_three(scores);
                    lowest = std::min(lowest, band(sum(scores), has_three(scores)));
                  }
      INFO("vector " << number << " without " << gone);
      REQUIRE((result.possible == ScoreRange{least, most}));
      REQUIRE(result.complete() == (gone == 0));
      REQUIRE(result.missing.size() == static_cast<std::size_t>(__builtin_popcount(gone)));
      REQUIRE(result.red_score == always_red);
      REQUIRE(result.band.has_value() == (gone == 0));
      if (gone == 0 || lowest != News2Band::low) {
        REQUIRE(result.at_least == lowest);
      } else {
        REQUIRE_FALSE(result.at_least);
      }
    }
  }
}

TEST_CASE("news2: one missing input, whichever, makes the score incomplete and is named", "[thresholds][news2]") {
  for (std::size_t parameter = 0; parameter < 7; ++parameter) {
    DYNAMIC_SECTION(input_names[parameter]) {
      Values values = vectors()[0].values;
      take_away(values, parameter);
      const News2 result = news2(inputs(values));
      CHECK_FALSE(result.total);
      CHECK_FALSE(result.band);
      CHECK_FALSE(result.components[parameter]);
      REQUIRE(result.missing.size() == 1);
      CHECK(name(result.missing.front()) == input_names[parameter]);
      CHECK(result.red_score == (parameter != 0));  // the rate of 8 is what is red
    }
  }
  const News2 nothing = news2({});
  CHECK(nothing.missing.size() == 7);
  CHECK((nothing.possible == ScoreRange{0, 20}));
  CHECK_FALSE(nothing.red_score);
  CHECK_FALSE(nothing.at_least);
}

TEST_CASE("news2: what is certain of an incomplete score is said", "[thresholds][news2]") {
  SECTION("vector 4 without temperature is an emergency already") {
    Values values = vectors()[3].values;
    values.temperature.reset();
    const News2 result = news2(inputs(values));
    CHECK((result.possible == ScoreRange{7, 10}));
    CHECK(result.at_least == News2Band::high);
    CHECK_FALSE(result.band);
  }
  SECTION("vector 28 with unknown oxygen is not low") {
    Values values = normal();
    values.oxygen.reset();
    const News2 result = news2(inputs(values));
    CHECK((result.possible == ScoreRange{0, 2}));
    CHECK_FALSE(result.at_least);
    CHECK(result.component(News2Parameter::oxygen_saturation) == 0);  // scale 1 does not ask
  }
  SECTION("one red parameter and nothing else") {
    News2Inputs made;
    made.respiratory_rate = Number{25, 0};
    const News2 result = news2(made);
    CHECK((result.possible == ScoreRange{3, 20}));
    CHECK(result.red_score);
    CHECK(result.at_least == News2Band::low_medium);
  }
}

TEST_CASE("news2: on scale 2 with unknown oxygen saturation is known only where air and oxygen agree",
          "[thresholds][news2]") {
  struct Row {
    int saturation;
    std::optional<int> component;
    ScoreRange possible;  // oxygen itself is 0 to 2
  };
  const std::vector<Row> rows{{83, 3, {3, 5}},            {85, 2, {2, 4}},
                              {87, 1, {1, 3}},            {88, 0, {0, 2}},
                              {92, 0, {0, 2}},            {93, std::nullopt, {0, 3}},
                              {95, std::nullopt, {0, 4}}, {97, std::nullopt, {0, 5}}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.saturation) {
      Values values = normal();
      values.scale = 2;
      values.oxygen.reset();
      values.saturation = row.saturation;
      const News2 result = news2(inputs(values));
      CHECK(result.component(News2Parameter::oxygen_saturation) == row.component);
      CHECK((result.possible == row.possible));
      CHECK(result.red_score == (row.component == 3));
      CHECK(result.missing == std::vector{News2Parameter::oxygen});
    }
  }
}

TEST_CASE("news2: 91 % on oxygen is 2 on scale 2 and 5 on scale 1", "[thresholds][news2]") {
  Values values = normal();
  values.saturation = 91;
  values.oxygen = oxygen;
  values.scale = 2;
  CHECK(news2(inputs(values)).total == 2);
  values.scale = 1;
  CHECK(news2(inputs(values)).total == 5);
}

TEST_CASE("news2: what cannot be a measurement is unknown, and named", "[thresholds][news2]") {
  struct Row {
    const char* name;
    std::optional<Number> News2Inputs::*input;
    News2Parameter parameter;
    Number value;
    int most;
  };
  using In = News2Inputs;
  using enum News2Parameter;
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
  const std::vector<Row> rows{
      {"negative rate", &In::respiratory_rate, respiratory_rate, {-1, 0}, 3},
      {"negative rate that would round to 0", &In::respiratory_rate, respiratory_rate, {-1, 1}, 3},
      {"rate above 200", &In::respiratory_rate, respiratory_rate, {2001, 1}, 3},
      {"saturation as a fraction", &In::oxygen_saturation, oxygen_saturation, {97, 2}, 3},
      {"saturation 0", &In::oxygen_saturation, oxygen_saturation, {0, 0}, 3},
      {"saturation above 100", &In::oxygen_saturation, oxygen_saturation, {1001, 1}, 3},
      {"pressure in kPa", &In::systolic, systolic, {16, 0}, 3},
      {"pressure above 400", &In::systolic, systolic, {401, 0}, 3},
      {"negative pulse", &In::pulse, pulse, {-70, 0}, 3},
      {"pulse above 400", &In::pulse, pulse, {401, 0}, 3},
      {"degrees Fahrenheit", &In::temperature, temperature, {986, 1}, 3},
      {"temperature as tenths", &In::temperature, temperature, {370, 0}, 3},
      {"temperature below 20", &In::temperature, temperature, {1999, 2}, 3},
      {"the largest number there is", &In::pulse, pulse, {largest, -30}, 3},
      {"the smallest number there is", &In::pulse, pulse, {smallest, -30}, 3},
      {"a small negative one", &In::temperature, temperature, {smallest, 30}, 3},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      News2Inputs made = inputs(normal());
      made.*row.input = row.value;
      const News2 result = news2(made);
      CHECK_FALSE(result.total);
      CHECK_FALSE(result.component(row.parameter));
      CHECK((result.possible == ScoreRange{0, row.most}));
      CHECK(result.impossible == std::vector{row.parameter});
      CHECK(result.missing.empty());
      CHECK_FALSE(result.red_score);
      // What the others say is not lost with it.
      made.consciousness = Consciousness::unresponsive;
      CHECK(news2(made).red_score);
      CHECK(news2(made).at_least == News2Band::low_medium);
    }
  }
}

TEST_CASE("news2: refuses whom it is not made for, and only when that is known", "[thresholds][news2]") {
  struct Row {
    const char* name;
    std::optional<Number> age;
    std::optional<bool> pregnant;
    std::optional<std::string> refused;
  };
  const std::vector<Row> rows{
      {"age and pregnancy unknown", std::nullopt, std::nullopt, std::nullopt},
      {"16", Number{16, 0}, std::nullopt, std::nullopt},
      {"a day before 16", Number{15997, 3}, std::nullopt, "under-16"},
      {"15", Number{15, 0}, false, "under-16"},
      {"not born", Number{-1, 0}, std::nullopt, "under-16"},
      {"not pregnant", Number{30, 0}, false, std::nullopt},
      {"pregnant", Number{30, 0}, true, "pregnant"},
      {"pregnant, age unknown", std::nullopt, true, "pregnant"},
      {"both", Number{15, 0}, true, "under-16"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      News2Inputs made = inputs(vectors()[26].values);
      made.age = row.age;
      made.pregnant = row.pregnant;
      const News2 result = news2(made);
      REQUIRE(result.refused.has_value() == row.refused.has_value());
      CHECK(result.total.has_value() != row.refused.has_value());
      if (!row.refused) continue;
      CHECK(name(*result.refused) == *row.refused);
      CHECK((result.possible == ScoreRange{0, 20}));
      CHECK_FALSE(result.red_score);
      CHECK_FALSE(result.at_least);
      CHECK(known(result) == std::array{-1, -1, -1, -1, -1, -1, -1});
    }
  }
}
