#include "gateway/ingest/backtest_report.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/support/zones.hpp"

using namespace gateway;
using namespace gateway::ingest;
using namespace std::chrono_literals;

namespace {

const test::NorwegianZone norway;

fhir::Time at(std::string_view text) { return fhir::DateTime::parse(text).value().utc; }

DecodedPast reading(std::string person, fhir::Time when, int value, std::uint64_t line) {
  DecodedPast made;
  made.line = line;
  made.person = std::move(person);
  made.arrived = made.measured = when;
  made.kind = fhir::kinds().oxygen_saturation;
  PastSeriesValue one;
  one.kind = made.kind;
  one.value = {value, 0};
  made.values.push_back(one);
  return made;
}

std::vector<config::Programme> programme(int warning_low) {
  config::Programme made;
  made.id = "copd";
  made.limits.push_back({"oxygen-saturation", "", std::nullopt, thresholds::Number{warning_low, 0}, std::nullopt, std::nullopt});
  return {made};
}

thresholds::BacktestSettings until(fhir::Time end) {
  thresholds::BacktestSettings settings;
  settings.until = end;
  return settings;
}

std::vector<PatientChange> run(const PastReadings& past, int warning_low, unsigned threads = 1) {
  const auto rules = rule_sets(programme(warning_low), {});
  BacktestProgress progress;
  return run_backtest(past, rules, until(past.last_arrival().value_or(fhir::Time{})), threads, progress);
}

ReportSetting setting(const PastReadings& past) {
  return {past, norway, past.last_arrival().value_or(fhir::Time{}),
          [](fhir::JsonWriter& writer, const thresholds::PastReading& one) { writer.member("line", one.order); }};
}

template <class Write>
std::string json(const Write& write) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object();
  write(writer);
  writer.end_object();
  return out;
}

}  // namespace

TEST_CASE("backtest: a personal limit takes the place of the programmes' of its kind, once", "[ingest][backtest]") {
  std::vector<config::Programme> two{programme(90)[0], programme(92)[0]};
  two[1].limits.push_back({"body-weight", "", std::nullopt, std::nullopt, thresholds::Number{90, 0}, std::nullopt});
  const auto sets = rule_sets(two, {{"oxygen-saturation", "", std::nullopt, thresholds::Number{70, 0}, std::nullopt, std::nullopt}});
  REQUIRE(sets.size() == 2);
  REQUIRE(sets[0].limits().size() == 1);
  CHECK(sets[0].limits()[0].warning_low == thresholds::Number{70, 0});
  REQUIRE(sets[1].limits().size() == 1);
  CHECK(sets[1].limits()[0].kind == "body-weight");
  CHECK(rule_sets({}, {}).size() == 1);
}

TEST_CASE("backtest: the order of changes is the same for any number of threads", "[ingest][backtest]") {
  PastReadings past;
  std::uint64_t line = 0;
  for (int i = 0; i < 3000; ++i) {
    // Many at one instant: there the order of input decides.
    past.add(reading("Patient/" + std::to_string(i * 7 % 50), at("2026-01-05T00:00:00Z") + (i / 100) * 1min, i * 13 % 20 + 80, ++line));
  }
  std::string one, four;
  for (const PatientChange& change : run(past, 90)) append_change(one, past, change);
  for (const PatientChange& change : run(past, 90, 4)) append_change(four, past, change);
  CHECK(one.size() > 10'000);
  CHECK(one == four);
}

TEST_CASE("backtest: shifts are of the local day they begin on", "[ingest][backtest]") {
  const auto day = [](int number) { return std::chrono::local_days(std::chrono::year(2026) / 1 / number); };
  CHECK(shift_of(at("2026-01-05T06:00:00Z"), norway) == Shift{day(5), 0});
  CHECK(shift_of(at("2026-01-05T05:59:59Z"), norway) == Shift{day(4), 2});
  CHECK(shift_of(at("2026-01-05T14:00:00Z"), norway) == Shift{day(5), 1});
  CHECK(shift_of(at("2026-01-05T21:00:00Z"), norway) == Shift{day(5), 2});
  CHECK(shift_of(at("2026-01-05T23:30:00Z"), norway) == Shift{day(5), 2});
}

TEST_CASE("backtest: the forecast counts shifts without an alarm, too", "[ingest][backtest]") {
  PastReadings past;
  // From the day shift of the 5th to the evening of the 11th.
  past.add(reading("Patient/a", at("2026-01-05T08:00:00Z"), 95, 1));
  for (int i = 0; i < 3; ++i) past.add(reading("Patient/" + std::to_string(i), at("2026-01-06T09:00:00Z"), 85, 2 + static_cast<std::uint64_t>(i)));
  past.add(reading("Patient/a", at("2026-01-11T16:00:00Z"), 85, 9));
  const auto changes = run(past, 90);
  const std::string forecast = json([&](fhir::JsonWriter& writer) { write_forecast(writer, setting(past), changes, 2); });
  CHECK(forecast ==
        R"({"forecast":{"capacity":2,"shifts":20,"over":1,"mean":0.20,"p95":1,"most":3,"by_shift":{)"
        R"("07-15":{"shifts":7,"over":1,"mean":0.43,"p95":3,"most":3},"15-22":{"shifts":7,"over":0,"mean":0.14,"p95":1,"most":1},)"
        R"("22-07":{"shifts":6,"over":0,"mean":0.00,"p95":0,"most":0}}}})");
}

TEST_CASE("backtest: a difference pairs alarms of one patient, rule and day", "[ingest][backtest]") {
  PastReadings past;
  past.add(reading("Patient/a", at("2026-01-05T08:00:00Z"), 91, 1));
  past.add(reading("Patient/a", at("2026-01-05T09:00:00Z"), 95, 2));
  past.add(reading("Patient/a", at("2026-01-05T10:00:00Z"), 85, 3));
  past.add(reading("Patient/b", at("2026-01-05T10:00:00Z"), 85, 4));
  const auto strict = run(past, 92), loose = run(past, 90);
  const std::string difference = json([&](fhir::JsonWriter& writer) { write_difference(writer, setting(past), strict, loose, 10); });
  // Of a's two alarms under the stricter rules one has its like under the others.
  CHECK(difference ==
        R"({"difference":{"only_here":{"total":1,"by_rule":{"oxygen-saturation:warning_low":{"2026-01-05":1}},"alarms":[{"at":"2026-01-05T08:00:00Z",)"
        R"("patient":"Patient/a","rule":"oxygen-saturation:warning_low","severity":"moderate","readings":[{"line":1,"measured":"2026-01-05T08:00:00Z",)"
        R"("values":[{"kind":"oxygen-saturation","value":91}]}]}]},"only_there":{"total":0,"by_rule":{},"alarms":[]}}})");
  const std::string none = json([&](fhir::JsonWriter& writer) { write_difference(writer, setting(past), strict, {}, 1); });
  CHECK(none.find(R"("total":3)") != std::string::npos);
  CHECK(none.find(R"("alarms_left_out":2)") != std::string::npos);
}
