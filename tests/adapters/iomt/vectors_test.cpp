// The behaviour the connector's own tests assert, as JSON vectors (tests/golden/iomt/ORIGIN.md).
#include <catch2/catch.hpp>

#include "adapters/iomt/iomt.hpp"
#include "adapters/iomt/projection.hpp"
#include "tests/support/golden.hpp"

using namespace adapters;
using fhir::JsonValue;

namespace {

fhir::JsonDocument vectors(const char* file) {
  auto document = fhir::JsonDocument::parse(test::file_content(test::golden_folder("iomt") / file));
  REQUIRE(document.has_value());
  return std::move(*document);
}

std::string text(JsonValue value) { return std::string(value.scalar()); }

std::string measurement_text(const iomt::Normalised& one) {
  std::string out = one.type + " device=" + one.device + " patient=" + one.patient + " correlation=" + one.correlation + " " + one.time;
  for (const auto& [name, value] : one.values) out += " " + name + "=" + value;
  return one.fault.empty() ? out : out + " FAULT " + one.fault;
}

std::string expected_text(JsonValue one) {
  std::string out = text(one["type"]) + " device=" + text(one["device"]) + " patient=" + text(one["patient"]) +
                    " correlation=" + text(one["correlation"]) + " " + text(one["time"]);
  for (JsonValue value : one["values"]) out += " " + std::string(value.key()) + "=" + text(value);
  return out;
}

iomt::Ticks after(JsonValue seconds) {
  const auto parsed = seconds.as_decimal();
  REQUIRE(parsed.has_value());
  const auto scaled = parsed->times(fhir::Decimal(10'000'000));
  return iomt::Ticks(iomt::Ticks::duration(scaled->rounded(0).coefficient()));
}

iomt::FhirMapping mapping_of(JsonValue templates) {
  std::string file = R"({"templateType":"CollectionFhir","template":[)";
  for (JsonValue one : templates) {
    if (file.back() != '[') file += ',';
    file += R"({"templateType":"CodeValueFhir","template":)" + one.json() + "}";
  }
  std::vector<iomt::Problem> problems;
  iomt::FhirMapping mapping = iomt::FhirMapping::compile({"fhir.json", file + "]}"}, problems);
  for (const iomt::Problem& problem : problems) UNSCOPED_INFO(problem.text());
  REQUIRE(problems.empty());
  return mapping;
}

constexpr fhir::Time now{std::chrono::seconds{1'795'165'200}};  // 2026-11-20T09:00:00Z

std::vector<iomt::Projected> batch_of(JsonValue measurements) {
  std::vector<iomt::Projected> batch;
  for (JsonValue one : measurements) {
    iomt::Projected made{text(one["type"]), fhir::DateTime::parse(text(one["time"]))->utc, "p", "d", text(one["encounter"]),
                         text(one["correlation"]), {}, now};
    for (JsonValue value : one["values"]) made.values.emplace_back(value.key(), text(value));
    batch.push_back(std::move(made));
  }
  return batch;
}

// Of an Observation what the vectors' `parts` name.
std::string part_text(const std::string& resource) {
  const auto document = fhir::JsonDocument::parse(resource);
  REQUIRE(document.has_value());
  const JsonValue root = document->root();
  return text(root["identifier"].at(0)["value"]) + " " + text(root["status"]) + " " + text(root["effectivePeriod"]["start"]) + " " +
         text(root["effectivePeriod"]["end"]) + " " + text(root["valueSampledData"]["data"]) + text(root["valueQuantity"]["value"]);
}

}  // namespace

TEST_CASE("iomt: events become the connector's measurements", "[adapters][iomt]") {
  const fhir::JsonDocument all = vectors("normalised.json");
  for (JsonValue vector : all.root()) {
    DYNAMIC_SECTION(text(vector["name"])) {
      std::vector<iomt::Problem> problems;
      const auto content = iomt::DeviceContent::compile({"device.json", vector["device"].json()}, expression::Arithmetic::exact, problems);
      for (const iomt::Problem& problem : problems) UNSCOPED_INFO(problem.text());
      REQUIRE(problems.empty());
      iomt::Budget budget;
      std::vector<std::string> found, expected;
      for (const iomt::Normalised& one : content.normalise(expression::Value(vector["event"]), budget)) found.push_back(measurement_text(one));
      for (JsonValue one : vector["measurements"]) expected.push_back(expected_text(one));
      CHECK(found == expected);
      CHECK_FALSE(budget.exhausted());
    }
  }
}

TEST_CASE("iomt: sampled data has the connector's slots", "[adapters][iomt]") {
  const fhir::JsonDocument all = vectors("sampled.json");
  for (JsonValue vector : all.root()) {
    DYNAMIC_SECTION(text(vector["name"])) {
      iomt::Series values;
      for (JsonValue pair : vector["values"]) values.emplace_back(after(pair.at(0)), text(pair.at(1)));
      const std::chrono::microseconds period = std::chrono::seconds(*vector["period"].as_integer());
      const auto data = iomt::sampled(values, {iomt::Ticks{}, after(vector["end"])}, period);
      REQUIRE(data.has_value());
      CHECK(*data == text(vector["data"]));
      // What it says comes back, each at its slot's beginning, and makes the same data.
      const iomt::Series again = iomt::expanded(*data, iomt::Ticks{}, period);
      CHECK(iomt::sampled(again, {iomt::Ticks{}, after(vector["end"])}, period) == data);
    }
  }
  CHECK_FALSE(iomt::sampled({}, {}, std::chrono::microseconds(0)).has_value());
  CHECK_FALSE(iomt::sampled({}, {iomt::Ticks{}, iomt::Ticks{std::chrono::hours(24)}}, std::chrono::microseconds(100)).has_value());
}

TEST_CASE("iomt: batches become the connector's Observations", "[adapters][iomt]") {
  const fhir::JsonDocument all = vectors("merged.json");
  for (JsonValue vector : all.root()) {
    DYNAMIC_SECTION(text(vector["name"])) {
      const iomt::FhirMapping mapping = mapping_of(vector["mapping"]);
      iomt::Projection projection(mapping);
      for (JsonValue batch : vector["batches"]) projection.add(batch_of(batch));
      std::vector<std::string> found, expected, faults;
      const bool whole = !vector["observations"].absent();
      for (const iomt::ObservationView& view : projection.observations()) {
        const std::string resource = iomt::observation(view, "the-id");
        found.push_back(whole ? resource : part_text(resource));
      }
      for (JsonValue one : vector["observations"]) expected.push_back(one.json());
      for (JsonValue one : vector["parts"])
        expected.push_back(text(one["identifier"]) + " " + text(one["status"]) + " " + text(one["start"]) + " " + text(one["end"]) + " " +
                           text(one["data"]) + text(one["quantity"]));
      for (JsonValue one : vector["faults"]) faults.push_back(text(one));
      CHECK(found == expected);
      CHECK(projection.faults() == faults);
    }
  }
}

TEST_CASE("iomt: a measurement is put together again from the readings that carry it", "[adapters][iomt]") {
  const auto resource = [](const std::string& extension, const std::string& status = "final") {
    auto document = fhir::JsonDocument::parse(R"({"status":")" + status + R"(","subject":{"reference":"Patient/p1"},
      "device":{"reference":"Device/d1"},"effectiveDateTime":"2021-07-13T19:29:01+02:00","extension":[)" + extension + "]}");
    REQUIRE(document.has_value());
    return std::move(*document);
  };
  const std::pair<std::string_view, std::string_view> pressure[] = {{"systolic", "120"}, {"diastolic", ""}};
  const std::pair<std::string_view, std::string_view> pulse[] = {{"hr", "71"}};
  const auto one = iomt::projected(resource(iomt::measurement_extension("bp", "visit", "c", pressure)).root());
  REQUIRE(one.has_value());
  CHECK(one->type == "bp");
  CHECK(one->patient == "p1");
  CHECK(one->device == "d1");
  CHECK(one->encounter == "visit");
  CHECK(one->correlation == "c");
  CHECK(fhir::utc_text(one->time) == "2021-07-13T17:29:01Z");
  CHECK(one->values == std::vector<std::pair<std::string, std::string>>{{"systolic", "120"}, {"diastolic", ""}});
  const auto other = iomt::projected(resource(iomt::measurement_extension("bp", "visit", "c", pulse)).root());
  const auto whole = iomt::whole({*one, *other});
  REQUIRE(whole.size() == 1);
  CHECK(whole[0].values.size() == 3);

  CHECK_FALSE(iomt::projected(resource("").root()).has_value());
  CHECK_FALSE(iomt::projected(resource(iomt::measurement_extension("bp", "", "", pulse), "entered-in-error").root()).has_value());
}

TEST_CASE("iomt: a correlation id that may be a person's number never becomes an identifier", "[adapters][iomt]") {
  std::vector<iomt::Problem> problems;
  const auto mapping = iomt::FhirMapping::compile({"f", R"({"templateType":"CollectionFhir","template":[{"templateType":"CodeValueFhir",
    "template":{"typeName":"t","periodInterval":-1,"codes":[{"code":"1"}],"value":{"valueType":"String","valueName":"v"}}}]})"}, problems);
  REQUIRE(problems.empty());
  iomt::Projection projection(mapping);
  const iomt::Projected one{"t", now, "p", "d", "", "13816590072", {{"v", "x"}}, now};
  projection.add({&one, 1});
  CHECK(projection.observations().empty());
  CHECK(projection.faults() == std::vector<std::string>{"\"t\": a correlation id that may be an identity number"});
}
