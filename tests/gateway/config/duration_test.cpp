#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "gateway/config/yaml_section.hpp"

using gateway::config::duration_text;
using gateway::config::parse_duration;
using std::chrono::milliseconds;

TEST_CASE("duration: a whole number and a unit", "[config]") {
  struct Row {
    const char* text;
    std::optional<milliseconds> expected;
  };
  const Row rows[] = {{"500ms", milliseconds(500)},
                      {"90s", std::chrono::seconds(90)},
                      {"15m", std::chrono::minutes(15)},
                      {"6h", std::chrono::hours(6)},
                      {"3d", std::chrono::hours(72)},
                      {"0s", milliseconds(0)},
                      {"36500d", std::chrono::hours(24 * 36'500)},
                      {"36501d", std::nullopt},
                      {"9223372036854775807ms", std::nullopt},
                      {"9223372036854775807d", std::nullopt},
                      {"9223372036854775808s", std::nullopt},
                      {"", std::nullopt},
                      {"s", std::nullopt},
                      {"5", std::nullopt},
                      {"-5s", std::nullopt},
                      {"1.5h", std::nullopt},
                      {"1h30m", std::nullopt},
                      {"5 s", std::nullopt},
                      {" 5s", std::nullopt},
                      {"5S", std::nullopt},
                      {"5sec", std::nullopt}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION("'" << row.text << "'") {
      CHECK(parse_duration(row.text) == row.expected);
    }
  }
}

TEST_CASE("duration: written in the largest unit that fits exactly", "[config]") {
  CHECK(duration_text(milliseconds(0)) == "0ms");
  CHECK(duration_text(milliseconds(1500)) == "1500ms");
  CHECK(duration_text(std::chrono::seconds(90)) == "90s");
  CHECK(duration_text(std::chrono::minutes(60)) == "1h");
  CHECK(duration_text(std::chrono::hours(744)) == "31d");
}
