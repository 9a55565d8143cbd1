// What our vendors write, our adapters have to read: every payload goes through the adapter it is for.
#include "gateway/demo/payloads.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "adapters/adapter.hpp"
#include "tests/support/decoded_json.hpp"

using namespace gateway::demo;
using namespace std::chrono_literals;

namespace {

constexpr fhir::Time noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 7h;

Account account(Format format) {
  Account one;
  one.subject = format == Format::hjemport ? "user-17" : "864593000017";
  one.device = "SN-17";
  one.national_number = "12885010049";
  return one;
}

Sitting sitting(Condition condition, fhir::Time at = noon) {
  Sitting one;
  one.at = at;
  one.offset = 60min;
  one.condition = condition;
  one.vitals = vitals_at(make_body(condition, 3), at);
  return one;
}

std::vector<adapters::Measurement> decoded(const char* adapter, const std::vector<std::string>& bodies) {
  std::vector<adapters::Measurement> all;
  for (const std::string& body : bodies) {
    INFO(body);
    auto items = test::decode(adapters::adapter_named(adapter)->decode, body);
    REQUIRE(items.has_value());
    for (const adapters::Item& item : items->items) {
      INFO(test::item_json(item));
      REQUIRE(std::holds_alternative<adapters::Measurement>(item));
      all.push_back(std::get<adapters::Measurement>(item));
    }
  }
  return all;
}

std::map<std::string, std::string> values(const std::vector<adapters::Measurement>& measurements) {
  std::map<std::string, std::string> all;
  for (const adapters::Measurement& one : measurements) {
    const std::string kind(fhir::info(one.kind).name);
    for (const adapters::Component& part : one.components)
      all[std::string(fhir::info(part.kind).name)] = part.value.text() + " " + part.unit;
    if (one.components.empty()) all[kind] = one.value.text() + " " + one.unit;
  }
  return all;
}

struct Row {
  const char* adapter;
  Condition condition;
  std::vector<std::string> kinds;
};

}  // namespace

TEST_CASE("payloads: every format says what was measured, when and whose it was", "[demo]") {
  const Row rows[] = {
      {"hjemport", Condition::copd, {"body-temperature", "oxygen-saturation", "pef", "pulse-rate", "respiratory-rate"}},
      {"hjemport",
       Condition::heart_failure,
       {"body-weight", "diastolic", "oxygen-saturation", "pulse-rate", "systolic"}},
      {"opentele", Condition::copd, {"body-temperature", "fev1", "oxygen-saturation", "pulse-rate"}},
      {"opentele",
       Condition::heart_failure,
       {"body-weight", "diastolic", "oxygen-saturation", "pulse-rate", "systolic"}},
      {"telli", Condition::copd, {"body-temperature", "fev1", "oxygen-saturation", "pef", "pulse-rate"}},
      {"telli", Condition::heart_failure, {"body-weight", "diastolic", "oxygen-saturation", "pulse-rate", "systolic"}},
      {"withings", Condition::copd, {"body-temperature", "oxygen-saturation", "pulse-rate"}},
      {"withings",
       Condition::heart_failure,
       {"body-weight", "diastolic", "oxygen-saturation", "pulse-rate", "systolic"}}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.adapter << (row.condition == Condition::copd ? ", COPD" : ", heart failure")) {
      const Format format = *format_named(row.adapter);
      const Sitting one = sitting(row.condition);
      const auto measurements = decoded(row.adapter, payloads(format, account(format), {&one, 1}));
      const auto found = values(measurements);
      std::vector<std::string> kinds;
      for (const auto& [kind, value] : found) kinds.push_back(kind);
      CHECK(kinds == row.kinds);
      const auto number = [](std::int64_t value) { return std::to_string(value); };
      CHECK(found.at("oxygen-saturation") == number(one.vitals.oxygen_saturation_percent) + " %");
      CHECK(found.at("pulse-rate") == number(one.vitals.pulse_per_minute) + " /min");
      if (row.condition == Condition::copd) {
        CHECK(found.at("body-temperature").starts_with(one.vitals.temperature_celsius.text() + " "));
      } else {
        CHECK(found.at("body-weight") == one.vitals.weight_kg.text() + " kg");
        CHECK(found.at("systolic").starts_with(number(one.vitals.systolic_mmhg) + " "));
        CHECK(found.at("diastolic").starts_with(number(one.vitals.diastolic_mmhg) + " "));
      }
      for (const adapters::Measurement& measurement : measurements) {
        CHECK(measurement.time.utc == noon);
        CHECK(measurement.subject.id == account(format).subject);
        CHECK(measurement.subject.patient.has_value() == (format == Format::hjemport));
      }
    }
  }
}

TEST_CASE("payloads: the same sitting is the same records, another one is others", "[demo]") {
  for (const char* adapter : {"hjemport", "telli", "withings"}) {
    DYNAMIC_SECTION(adapter) {
      const Format format = *format_named(adapter);
      const Sitting both[] = {sitting(Condition::copd, noon), sitting(Condition::copd, noon + 1h)};
      const auto once = payloads(format, account(format), both);
      CHECK(once == payloads(format, account(format), both));
      std::set<std::string> keys;
      const auto measurements = decoded(adapter, once);
      for (const adapters::Measurement& one : measurements)
        keys.insert(one.record_id + "/" + std::string(fhir::info(one.kind).name));
      CHECK(keys.size() == measurements.size());
      CHECK_FALSE(measurements.front().record_id.empty());
    }
  }
}

TEST_CASE("payloads: a long backlog goes in portions and nothing of it is lost", "[demo]") {
  std::vector<Sitting> backlog;
  for (int i = 0; i < 45; ++i) backlog.push_back(sitting(Condition::heart_failure, noon + i * 6h));
  struct Row {
    const char* adapter;
    std::size_t payloads, measurements;
  };
  // 20 sittings to a payload; opentele one; telli one reading, so three for a sitting, its pressure's pulse being the
  // oximeter's.
  for (const Row& row : {Row{"hjemport", 3, 45 * 4}, Row{"withings", 3, 45 * 4}, Row{"opentele", 45, 45 * 4},
                         Row{"telli", 135, 45 * 5}}) {
    DYNAMIC_SECTION(row.adapter) {
      const Format format = *format_named(row.adapter);
      const auto bodies = payloads(format, account(format), backlog);
      CHECK(bodies.size() == row.payloads);
      const auto measurements = decoded(row.adapter, bodies);
      CHECK(measurements.size() == row.measurements);
      for (std::size_t i = 1; i < measurements.size(); ++i)
        CHECK(measurements[i - 1].time.utc <= measurements[i].time.utc);
    }
  }
}

TEST_CASE("payloads: an event names its person and kind", "[demo]") {
  Happening happening;
  happening.at = noon;
  happening.kind = fhir::EventKind::fall;
  auto items =
      test::decode(adapters::adapter_named("hjemport")->decode, event_payload(account(Format::hjemport), happening));
  REQUIRE(items.has_value());
  REQUIRE(items->items.size() == 1);
  const auto& event = std::get<adapters::Event>(items->items.front());
  CHECK(event.kind == fhir::EventKind::fall);
  CHECK(event.time.utc == noon);
  CHECK(event.subject.id == "user-17");
  CHECK_FALSE(event.record_id.empty());
}

TEST_CASE("payloads: an adapter without a writer is named by nothing", "[demo]") {
  CHECK_FALSE(format_named("iomt"));
  CHECK_FALSE(format_named(""));
}
