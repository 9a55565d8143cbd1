#include "thresholds/flood.hpp"

#include <catch2/catch.hpp>

using namespace thresholds;
using namespace std::chrono_literals;

namespace {
const Time start{1h};
}

TEST_CASE("flood: begins with more than ten in ten minutes and ends with fewer than five", "[thresholds][flood]") {
  Flood flood{FloodPolicy{}};
  for (int i = 0; i < 10; ++i) flood.came(start + i * 1min);
  CHECK_FALSE(flood.look(start + 9min));
  CHECK(flood.count() == 10);
  flood.came(start + 9min);
  CHECK(flood.look(start + 10min));  // the first, exactly ten minutes ago, counts still
  CHECK(flood.look(start + 10min + 1us));
  CHECK(flood.count() == 10);
  CHECK(flood.look(start + 15min));
  CHECK(flood.count() == 6);
  CHECK(flood.look(start + 16min));
  CHECK(flood.count() == 5);
  CHECK_FALSE(flood.look(start + 16min + 1us));
  CHECK(flood.count() == 4);
  flood.came(start + 17min);
  CHECK_FALSE(flood.look(start + 17min));  // five are no beginning
}

TEST_CASE("flood: the order of arrival does not matter, and an old one does not count", "[thresholds][flood]") {
  Flood flood{{3, 2, 5min}};
  for (const auto at : {4min, 1min, 3min, 2min}) flood.came(start + at);
  CHECK(flood.look(start + 4min));
  flood.came(start - 1h);
  CHECK(flood.look(start + 4min));
  CHECK(flood.count() == 4);
  CHECK_FALSE(flood.look(start + 9min));
}

TEST_CASE("flood: one that was going on goes on until it ends", "[thresholds][flood]") {
  Flood flood{FloodPolicy{}, true};
  for (int i = 0; i < 5; ++i) flood.came(start);
  CHECK(flood.look(start + 1min));
  CHECK_FALSE(flood.look(start + 11min));
}
