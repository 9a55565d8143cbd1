#include "gateway/config/limit_check.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using thresholds::Limit;
using thresholds::Number;
using Texts = std::vector<std::string>;

namespace {
Limit limit(std::string kind, std::string component = "") {
  Limit made;
  made.kind = std::move(kind);
  made.component = std::move(component);
  made.alert_low = Number{1, 0};
  return made;
}
}  // namespace

TEST_CASE("limit check: kinds and components must be ones that are judged", "[config][limits]") {
  struct Row {
    const char* name;
    Limit limit;
    Texts errors;
  };
  Limit fine = limit("oxygen-saturation");
  fine.alert_low = Number{85, 0};
  Limit part = limit("blood-pressure", "systolic");
  part.alert_low = Number{90, 0};
  const Row rows[] = {
      {"a quantity", fine, {}},
      {"a component", part, {}},
      {"unknown kind", limit("oxygen"), {"unknown kind 'oxygen'"}},
      {"a person's number as a kind", limit("12885010049"), {"unknown kind of this name"}},
      {"the name of the unknown row", limit("unknown"), {"unknown kind 'unknown'"}},
      {"component missing",
       limit("blood-pressure"),
       {"'blood-pressure' needs a component: systolic, diastolic, mean-arterial-pressure"}},
      {"component of something else",
       limit("blood-pressure", "pulse-rate"),
       {"unknown component 'pulse-rate' of 'blood-pressure'; it has: systolic, diastolic, mean-arterial-pressure"}},
      {"component where there is none", limit("body-weight", "left"), {"'body-weight' has no components"}},
      {"a part given as a kind", limit("systolic"), {"write kind 'blood-pressure' with component 'systolic'"}},
      {"an ordinal", limit("urine-protein"), {"'urine-protein' is not measured as a number and takes no limits"}},
      {"a text", limit("consciousness"), {"'consciousness' is not measured as a number and takes no limits"}},
      {"a waveform", limit("ecg"), {"'ecg' is not measured as a number and takes no limits"}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(gateway::config::check_limit(row.limit).errors == row.errors);
    }
  }
}

TEST_CASE("limit check: no bound, and bounds in the wrong order, are errors", "[config][limits]") {
  Limit none{"oxygen-saturation", "", {}, {}, {}, {}};
  CHECK(gateway::config::check_limit(none).errors.size() == 1);
  Limit crossed{"oxygen-saturation", "", Number{90, 0}, Number{85, 0}, {}, {}};
  CHECK(gateway::config::check_limit(crossed).errors.size() == 1);
}

TEST_CASE("limit check: a bound no believable value crosses is warned about", "[config][limits]") {
  // Believable oxygen saturation is 30 to 100 %, ends included; comparison is strict.
  struct Row {
    const char* name;
    std::optional<Number> low, high;
    std::size_t warnings;
  };
  const Row rows[] = {{"just inside", Number{301, 1}, Number{999, 1}, 0},
                      {"at the ends", Number{30, 0}, Number{100, 0}, 2},
                      {"at the ends, written otherwise", Number{300, 1}, Number{1000, 1}, 2},
                      {"a fraction instead of percent", Number{85, 2}, {}, 1},
                      {"beyond", {}, Number{101, 0}, 1}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Limit wanted{"oxygen-saturation", "", row.low, {}, {}, row.high};
      auto check = gateway::config::check_limit(wanted);
      CHECK(check.errors.empty());
      CHECK(check.warnings.size() == row.warnings);
    }
  }
}
