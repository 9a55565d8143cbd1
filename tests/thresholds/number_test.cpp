#include "thresholds/number.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

using thresholds::Number;

namespace {
constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
}  // namespace

TEST_CASE("number: compares by value across scales", "[thresholds][number]") {
  struct Row {
    std::string name;
    Number a, b;
    std::strong_ordering expected;
  };
  const auto less = std::strong_ordering::less;
  const auto equal = std::strong_ordering::equal;
  const auto greater = std::strong_ordering::greater;
  const std::vector<Row> rows{
      {"same digits", {88, 0}, {88, 0}, equal},
      {"trailing zero", {3750, 2}, {375, 1}, equal},
      {"one step in the last place", {3751, 2}, {375, 1}, greater},
      {"negative trailing zero", {-3750, 2}, {-375, 1}, equal},
      {"negative one step", {-3751, 2}, {-375, 1}, less},
      {"signs decide", {-1, -30}, {1, 30}, less},
      {"zero has no scale", {0, -30}, {0, 30}, equal},
      {"zero against tiny", {0, 0}, {1, 30}, less},
      {"zero against tiny negative", {0, 0}, {-1, 30}, greater},
      {"negative scale is a power of ten", {12, -1}, {120, 0}, equal},
      {"widest scales apart", {1, -30}, {largest, 30}, greater},
      {"widest scales apart, negative", {-1, -30}, {smallest, 30}, less},
      {"widest scales apart, other side", {largest, 30}, {1, -30}, less},
      {"largest at 19 decimals apart", {largest, 0}, {largest, 19}, greater},
      {"largest at 19 decimals apart, negative", {smallest, 0}, {smallest, 19}, less},
      {"equal at 18 decimals apart", {1, 0}, {1'000'000'000'000'000'000, 18}, equal},
      {"one less at 18 decimals apart", {1, 0}, {999'999'999'999'999'999, 18}, greater},
      {"19 decimals apart, below one", {1, 0}, {largest, 19}, greater},
      {"20 decimals apart", {1, 0}, {largest, 20}, greater},
      {"largest at 20 decimals apart", {largest, 0}, {largest, 20}, greater},
      {"largest at 18 decimals apart", {largest, 0}, {largest, 18}, greater},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(((row.a <=> row.b) == row.expected));
      CHECK(((row.b <=> row.a) == (0 <=> row.expected)));
      CHECK((row.a == row.b) == (row.expected == equal));
    }
  }
}

TEST_CASE("number: agrees with long division by hand on random small numbers", "[thresholds][number]") {
  std::mt19937_64 random(20261120);
  for (int i = 0; i < 20'000; ++i) {
    Number a{static_cast<std::int64_t>(random() % 2001) - 1000, static_cast<int>(random() % 7) - 3};
    Number b{static_cast<std::int64_t>(random() % 2001) - 1000, static_cast<int>(random() % 7) - 3};
    // Both at scale 3: at most 1000 * 10^6, exact in 64 bits.
    auto at_scale_3 = [](Number n) {
      for (int s = n.scale; s < 3; ++s) n.coefficient *= 10;
      return n.coefficient;
    };
    INFO(a.coefficient << "e-" << a.scale << " against " << b.coefficient << "e-" << b.scale);
    REQUIRE(((a <=> b) == (at_scale_3(a) <=> at_scale_3(b))));
  }
}

TEST_CASE("number: text keeps the digits", "[thresholds][number]") {
  struct Row {
    Number number;
    std::string expected;
  };
  const std::vector<Row> rows{
      {{88, 0}, "88"},   {{3750, 2}, "37.50"},   {{5, 2}, "0.05"},
      {{-5, 1}, "-0.5"}, {{12, -1}, "120"},      {{0, -2}, "0"},
      {{0, 2}, "0.00"},  {{-1234, 3}, "-1.234"}, {{smallest, 0}, "-9223372036854775808"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.expected) {
      CHECK(text(row.number) == row.expected);
    }
  }
}
