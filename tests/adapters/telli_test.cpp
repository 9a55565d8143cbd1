#include "adapters/telli.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "tests/support/decoded_json.hpp"

using namespace adapters;

namespace {

std::vector<Item> items(const std::string& payload) {
  auto decoded = test::decode(decode_telli, payload);
  REQUIRE(decoded.has_value());
  return std::move(decoded->items);
}

// A version 2 reading with these members of its own.
std::string v2(const std::string& type, const std::string& data, const std::string& more = "") {
  return R"({"deviceId":"864593000000001","readingType":")" + type +
         R"(","time":"1721382524000","mem":"0","tzOffsetMinutes":"120","genVer":"2","devdata":{"r":"1","batt":"9","cycles":"0"},)" +
         more + R"("data":)" + data + "}";
}

std::string with_time(const std::string& time) {
  return R"({"deviceId":"864593000000001","readingType":"Weight","data":{"weight":61,"unit":"kg"},)" + time + "}";
}

Measurement reading(const std::string& payload) {
  const std::vector<Item> all = items(payload);
  REQUIRE(!all.empty());
  INFO(test::item_json(all[0]));
  REQUIRE(std::holds_alternative<Measurement>(all[0]));
  return std::get<Measurement>(all[0]);
}

Held held(const std::string& payload) {
  const std::vector<Item> all = items(payload);
  REQUIRE(!all.empty());
  INFO(test::item_json(all[0]));
  REQUIRE(std::holds_alternative<Held>(all[0]));
  return std::get<Held>(all[0]);
}

}  // namespace

TEST_CASE("telli: the offset is minutes as documented, and the zone's where none fits", "[adapters][telli]") {
  struct Row {
    const char* name;
    const char* offset;
    const char* text;
  };
  // 1721382524000 is 2024-07-19T09:48:44Z. "-200" is the specification's own example: minutes by its words.
  const Row rows[] = {{"minutes east", R"("120")", "2024-07-19T11:48:44.000+02:00"},
                      {"the example", R"("-200")", "2024-07-19T06:28:44.000-03:20"},
                      {"a number", "-300", "2024-07-19T04:48:44.000-05:00"},
                      {"null", "null", "2024-07-19T11:48:44.000+02:00"},
                      {"beyond 14 hours", R"("900")", "2024-07-19T11:48:44.000+02:00"},
                      {"no number", R"("east")", "2024-07-19T11:48:44.000+02:00"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Measurement one =
          reading(with_time(std::string(R"("time":"1721382524000","tzOffsetMinutes":)") + row.offset));
      CHECK(one.time.text() == row.text);
      CHECK(fhir::utc_text(one.time.utc) == "2024-07-19T09:48:44Z");
    }
  }
}

TEST_CASE("telli: times that no set clock can have are held", "[adapters][telli]") {
  for (const char* time :
       {R"("time":"0")", R"("time":"1721382524")", R"("time":"-1721382524000")", R"("time":"99999999999999999999")",
        R"("time":"9223372036854775807")", R"("time":"2024-07-19T09:48:44Z")", R"("time":1721382524.5)",
        R"("time":null)", R"("mem":"0")"}) {
    DYNAMIC_SECTION(time) {
      const Held one = held(with_time(time));
      CHECK(one.reason == QuarantineReason::undecodable);
      CHECK(one.note.starts_with("time: expected milliseconds since 1970"));
      CHECK_FALSE(one.time);
      CHECK(one.kind == fhir::kinds().body_weight);
      CHECK(one.value == fhir::Decimal(61));
    }
  }
  CHECK(reading(with_time(R"("time":1721382524000)")).time.text() == "2024-07-19T11:48:44.000+02:00");
}

TEST_CASE("telli: units are those of the reading, and only version 1 glucose implies one", "[adapters][telli]") {
  struct Row {
    const char* type;
    const char* data;
    const char* unit;
  };
  const Row rows[] = {{"Weight", R"({"weight":135,"unit":"lb"})", "lb"},
                      {"Weight", R"({"weight":61,"unit":"kg"})", "kg"},
                      {"Weight", R"({"weight":9,"unit":"firkin"})", "firkin"},  // refused when it is normalised
                      {"Temperature", R"({"temperature":97.2,"unit":"F"})", "F"},
                      {"Temperature", R"({"temperature":36.2,"unit":"C"})", "C"},
                      {"BloodGlucose", R"({"glucose":110,"unit":"mg/dL"})", "mg/dL"},
                      {"BloodGlucose", R"({"glucose":6.1,"unit":"mmol/L"})", "mmol/L"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.type << " " << row.unit) {
      CHECK(reading(v2(row.type, row.data)).unit == row.unit);
    }
  }
  const std::string v1 =
      R"({"deviceId":"864593000000001","readingType":"BloodGlucose","time":"1721382524000","data":{"glucose":25}})";
  CHECK(reading(v1).unit == "mg/dL");
  CHECK(held(v2("BloodGlucose", R"({"glucose":25})")).reason == QuarantineReason::unknown_unit);
  CHECK(held(v2("Weight", R"({"weight":61})")).reason == QuarantineReason::unknown_unit);
  CHECK(held(v2("Temperature", R"({"temperature":37,"unit":""})")).reason == QuarantineReason::unknown_unit);
}

TEST_CASE("telli: what a reading type yields, in order", "[adapters][telli]") {
  struct Row {
    const char* type;
    const char* data;
    std::vector<std::string_view> kinds;
  };
  const Row rows[] = {{"BloodPressure",
                       R"({"arrhythmia":0,"pulse":62,"diastolic":80,"systolic":122})",
                       {"blood-pressure", "pulse-rate"}},
                      {"BloodPressure", R"({"diastolic":80,"systolic":122})", {"blood-pressure"}},
                      {"SpO2", R"({"pulse":83,"spo2":98})", {"oxygen-saturation", "pulse-rate"}},
                      {"SpO2", R"({"spo2":98})", {"oxygen-saturation"}},
                      {"PeakFlow", R"({"fev1":1.85,"pef":322})", {"pef", "fev1"}},
                      {"PeakFlow", R"({"fev1":1.85})", {"fev1"}}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.type << row.data) {
      const std::vector<Item> all = items(v2(row.type, row.data));
      REQUIRE(all.size() == row.kinds.size());
      std::set<std::string> keys;
      for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& one = std::get<Measurement>(all[i]);
        CHECK(fhir::info(one.kind).name == row.kinds[i]);
        CHECK(one.record_id == std::string(row.type) + "/2024-07-19T09:48:44.000Z");
        CHECK(one.correlation == one.record_id);
        CHECK(one.subject.id == "864593000000001");
        CHECK(keys.insert(one.record_id + std::string(row.kinds[i])).second);
      }
    }
  }
}

TEST_CASE("telli: half a blood pressure is held and its pulse goes through", "[adapters][telli]") {
  const std::vector<Item> all = items(v2("BloodPressure", R"({"systolic":122,"pulse":62})"));
  REQUIRE(all.size() == 2);
  CHECK(std::get<Held>(all[0]).note == "data.diastolic: missing");
  CHECK(std::get<Held>(all[0]).components.size() == 1);
  CHECK(std::get<Measurement>(all[1]).kind == fhir::kinds().pulse_rate);
}

TEST_CASE("telli: the perfusion number without scale is no reading but not lost", "[adapters][telli]") {
  const std::vector<Item> all = items(v2("SpO2", R"({"spo2":98,"pi":20})"));
  REQUIRE(all.size() == 2);
  CHECK(std::get<Measurement>(all[0]).note == "pi 20 (scale not stated)");
  CHECK(std::get<Ignored>(all[1]).reason == IgnoreReason::not_a_reading);
}

TEST_CASE("telli: messages of the device", "[adapters][telli]") {
  const auto message = [](const std::string& type, const std::string& battery) {
    return items(R"({"type":")" + type +
                 R"(","deviceId":"864593000000001","time":"1721382524000","devdata":{"batt":")" + battery + "\"}}");
  };
  for (const char* type : {"Heartbeat", "heartbeat"}) {
    const std::vector<Item> beat = message(type, "1");
    REQUIRE(beat.size() == 1);
    CHECK(std::get<Ignored>(beat[0]).reason == IgnoreReason::heartbeat);
  }
  for (const char* type : {"ReminderCleared", "settingsResponse"})
    CHECK(std::get<Ignored>(message(type, "pwr").at(0)).reason == IgnoreReason::not_a_reading);
  CHECK(std::get<Held>(message("Firmware", "9").at(0)).reason == QuarantineReason::unknown_kind);
}

TEST_CASE("telli: only the level documented as too low to measure makes an event", "[adapters][telli]") {
  const auto with_level = [](const std::string& level) {
    std::string payload = v2("Weight", R"({"weight":61,"unit":"kg"})");
    return payload.replace(payload.find(R"("batt":"9")"), 10, R"("batt":")" + level + '"');
  };
  for (const char* level : {"1", "2", "10", "pwr", ""}) CHECK(items(with_level(level)).size() == 1);
  const std::vector<Item> all = items(with_level("0"));
  REQUIRE(all.size() == 2);
  const Event event = std::get<Event>(all[1]);
  CHECK(event.kind == fhir::EventKind::low_battery);
  CHECK(event.device.id == "864593000000001");
  CHECK(event.time == std::get<Measurement>(all[0]).time);
}

TEST_CASE("telli: what is no payload of this format is an error as a whole", "[adapters][telli]") {
  struct Row {
    const char* payload;
    const char* error;
  };
  for (const Row& row : {Row{"7", "the document: expected a reading or an array of readings"},
                         Row{"{}", "the document: expected a string readingType or type"},
                         Row{R"({"readingType":7})", "the document: expected a string readingType or type"}}) {
    const auto decoded = test::decode(decode_telli, row.payload);
    REQUIRE_FALSE(decoded.has_value());
    CHECK(decoded.error().detail == row.error);
  }
  CHECK(items("[]").empty());
}

TEST_CASE("telli: ten thousand readings in one array are ten thousand items", "[adapters][telli]") {
  std::string many = "[" + v2("Weight", R"({"weight":61,"unit":"kg"})");
  for (int i = 1; i < 10'000; ++i) many += "," + v2("Weight", R"({"weight":61,"unit":"kg"})");
  CHECK(items(many + "]").size() == 10'000);
}
