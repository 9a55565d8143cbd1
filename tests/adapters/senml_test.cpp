#include "adapters/senml.hpp"

#include <catch2/catch.hpp>

#include "fhir/units.hpp"
#include "tests/support/decoded_json.hpp"
#include "tests/support/zones.hpp"

using namespace adapters;

namespace {

std::vector<Item> items(const std::string& payload) {
  auto decoded = test::decode(decode_senml, payload);
  REQUIRE(decoded.has_value());
  return std::move(decoded->items);
}

Item only(const std::string& record) {
  std::vector<Item> all = items("[" + record + "]");
  REQUIRE(all.size() == 1);
  return all[0];
}

std::string_view outcome(const Item& item) {
  if (const auto* held = std::get_if<Held>(&item)) return name(held->reason);
  if (const auto* ignored = std::get_if<Ignored>(&item)) return name(ignored->reason);
  return "measurement";
}

}  // namespace

TEST_CASE("senml: the last segment of the name says what was measured", "[adapters][senml]") {
  struct Row {
    const char* name;
    const char* kind;  // empty: unknown
    const char* device;
  };
  for (const Row& row :
       {Row{"urn:dev:mac:1:hr", "heart-rate", "urn:dev:mac:1"},
        Row{"urn:dev:mac:1:heart_rate", "heart-rate", "urn:dev:mac:1"}, Row{"a/heart-rate", "heart-rate", "a"},
        Row{"a.HeartRate", "heart-rate", "a"}, Row{"a/8867-4", "heart-rate", "a"}, Row{"a/149530", "pulse-rate", "a"},
        Row{"a/Pulse", "pulse-rate", "a"}, Row{"respiratory-rate", "respiratory-rate", ""}, Row{"a/temp", "", "a"},
        Row{"a/temperature", "", "a"}, Row{"a/hr/x", "", "a/hr"}, Row{"a/", "", "a"}, Row{"a/unknown", "", "a"}}) {
    DYNAMIC_SECTION(row.name) {
      const Item item = only(R"({"n":")" + std::string(row.name) + R"(","t":1715668200,"u":"/min","v":66})");
      if (*row.kind == '\0') {
        CHECK(outcome(item) == "unknown-kind");
        CHECK(std::get<Held>(item).device.id == row.device);
      } else {
        const auto& reading = std::get<Measurement>(item);
        CHECK(fhir::info(reading.kind).name == row.kind);
        CHECK(reading.subject.id == row.device);
      }
    }
  }
}

TEST_CASE("senml: the source's own words come first", "[adapters][senml]") {
  Settings settings;
  settings.aliases = {{"temp", fhir::kinds().body_temperature},
                      {"Blood_Sugar", fhir::kinds().blood_glucose},
                      {"pulse", fhir::kinds().heart_rate},
                      {"overtrykk", fhir::kinds().systolic},
                      {"undertrykk", fhir::kinds().diastolic}};
  const test::NorwegianZone zone;
  fhir::JsonDocument scratch;
  const auto kind_of = [&](const std::string& name) {
    const std::string pack = R"([{"n":")" + name + R"(","t":1715668200,"u":"1","v":37}])";
    const auto decoded = decode_senml(pack, Context{zone, fhir::Time{}, scratch, settings});
    REQUIRE(decoded.has_value());
    REQUIRE(decoded->items.size() == 1);
    if (const auto* held = std::get_if<Held>(&decoded->items[0])) return fhir::info(held->kind).name;
    return fhir::info(std::get<Measurement>(decoded->items[0]).kind).name;
  };
  CHECK(kind_of("urn:dev:1/temp") == "body-temperature");
  CHECK(kind_of("a/TEMP") == "body-temperature");
  CHECK(kind_of("a/blood-sugar") == "blood-glucose");
  CHECK(kind_of("a/pulse") == "heart-rate");  // its own word against ours
  CHECK(kind_of("a/hr") == "heart-rate");
  CHECK(kind_of("a/temperature") == "unknown");
  const auto pair = decode_senml(
      R"([{"bn":"a/","bt":1715668200,"bu":"mmHg","n":"overtrykk","v":132},{"n":"undertrykk","v":84}])",
      Context{zone, fhir::Time{}, scratch, settings});
  REQUIRE(pair.has_value());
  REQUIRE(pair->items.size() == 1);
  CHECK(std::get<Measurement>(pair->items[0]).components.size() == 2);
}

TEST_CASE("senml: times are absolute from 2^28 on and relative to the arrival below", "[adapters][senml]") {
  struct Row {
    const char* fields;
    const char* utc;  // empty: held
    bool relative;
  };
  for (const Row& row :
       {Row{R"("bt":1715668200)", "2024-05-14T06:30:00.000Z", false},
        Row{R"("bt":1715668200,"t":-5.5)", "2024-05-14T06:29:54.500Z", false},
        Row{R"("t":268435456)", "1978-07-04T21:24:16.000Z", false},
        Row{R"("t":268435455)", "2035-05-24T06:24:15.000Z", true},
        Row{R"("bver":10)", "2026-11-20T09:00:00.000Z", true}, Row{R"("t":0)", "2026-11-20T09:00:00.000Z", true},
        Row{R"("t":-60)", "2026-11-20T08:59:00.000Z", true}, Row{R"("t":1e15)", "", false},
        Row{R"("t":-1e13)", "", false}, Row{R"("t":1e30)", "", false}, Row{R"("t":"0")", "", false},
        Row{R"("bt":[])", "", false}}) {
    DYNAMIC_SECTION(row.fields) {
      const Item item = only(R"({"n":"a/hr","u":"beat/min","v":66,)" + std::string(row.fields) + "}");
      if (*row.utc == '\0') {
        CHECK(outcome(item) == "undecodable");
      } else {
        const auto& reading = std::get<Measurement>(item);
        CHECK(fhir::utc_millis_text(reading.time.utc) == row.utc);
        CHECK(reading.time_uncertain == row.relative);
        CHECK(reading.record_id.empty() == row.relative);
      }
    }
  }
}

TEST_CASE("senml: values and units, each it knows and one it does not", "[adapters][senml]") {
  struct Row {
    const char* record;
    const char* value;
    const char* ucum;
  };
  for (const Row& row :
       {Row{R"("n":"a/spo2","u":"/","v":0.93)", "0.93", "1"}, Row{R"("n":"a/spo2","u":"%","v":93.0)", "93.0", "%"},
        Row{R"("n":"a/hr","u":"beat/min","v":66)", "66", "/min"}, Row{R"("n":"a/hr","u":"1/min","v":66)", "66", "/min"},
        Row{R"("n":"a/weight","bu":"kg","v":70)", "70", "kg"},
        Row{R"("n":"a/weight","bu":"kg","u":"g","v":70500)", "70500", "g"},
        Row{R"("n":"a/weight","u":"kg","bv":50,"v":20.5)", "70.5", "kg"},
        Row{R"("n":"a/steps","v":12)", "12", "{steps}"}, Row{R"("n":"a/weight","u":"W","v":70)", "70", ""}}) {
    DYNAMIC_SECTION(row.record) {
      const auto reading = std::get<Measurement>(only(R"({"t":1715668200,)" + std::string(row.record) + "}"));
      CHECK(reading.value.text() == row.value);
      CHECK(fhir::ucum_code(reading.unit, reading.kind) == row.ucum);
    }
  }
  CHECK(outcome(only(R"({"n":"a/weight","v":70})")) == "unknown-unit");
  for (const char* value : {R"("vb":true)", R"("v":"70")", R"("v":null)", R"("vs":"70")", R"("v":1e300)"})
    CHECK(outcome(only(R"({"n":"a/weight","u":"kg",)" + std::string(value) + "}")) == "undecodable");
}

TEST_CASE("senml: a blood pressure is put together by name and time", "[adapters][senml]") {
  const std::string sys = R"({"n":"a/sys","u":"Pa","v":17600,"t":1715668200})";
  const std::string dia = R"({"n":"a/dia","u":"Pa","v":11200,"t":1715668200})";
  const std::string later = R"({"n":"a/dia","u":"Pa","v":11300,"t":1715668260})";
  const std::string other = R"({"n":"b/dia","u":"Pa","v":11400,"t":1715668200})";
  const auto whole = items("[" + dia + R"(,{"n":"a/hr","u":"beat/min","v":66},)" + sys + "]");
  REQUIRE(whole.size() == 2);
  const auto& pressure = std::get<Measurement>(whole[0]);
  REQUIRE(pressure.components.size() == 2);
  CHECK(pressure.components[0].kind == fhir::kinds().systolic);
  CHECK(pressure.components[0].value == fhir::Decimal(176, 1));
  CHECK(pressure.components[0].unit == "kPa");
  CHECK(pressure.record_id == "a@2024-05-14T06:30:00.000Z");

  for (const std::string& half : {sys, dia, sys + "," + later, sys + "," + other}) {
    for (const Item& item : items("[" + half + "]")) CHECK(outcome(item) == "undecodable");
  }
  const auto twice = items("[" + sys + "," + sys + "," + dia + "]");
  REQUIRE(twice.size() == 2);
  CHECK(outcome(twice[0]) == "undecodable");
  CHECK(outcome(twice[1]) == "measurement");
}

TEST_CASE("senml: a broken base makes what follows doubtful, and not what was before", "[adapters][senml]") {
  const auto all = items(
      R"([{"n":"a/hr","u":"beat/min","v":66},{"bn":7,"n":"a/hr","u":"beat/min","v":66},{"n":"a/hr","u":"beat/min","v":67}])");
  REQUIRE(all.size() == 3);
  CHECK(outcome(all[0]) == "measurement");
  CHECK(outcome(all[1]) == "undecodable");
  CHECK(outcome(all[2]) == "undecodable");
}

TEST_CASE("senml: what is no pack is an error as a whole", "[adapters][senml]") {
  for (const char* payload :
       {"{}", R"({"n":"hr"})", R"([{"n":"hr","v":1,"x_":1}])", R"([{"n":"hr"},{"bver":11}])", R"([{"bver":"10"}])"})
    CHECK_FALSE(test::decode(decode_senml, payload).has_value());
  CHECK(items("[]").empty());
}

TEST_CASE("senml: ten thousand records are all answered", "[adapters][senml]") {
  std::string records = R"({"bn":"a/","bt":1715668200,"n":"hr","u":"beat/min","v":66})";
  for (int i = 1; i < 10'000; ++i)
    records += R"(,{"n":")" + std::string(i % 2 == 0 ? "sys" : "dia") + R"(","u":"Pa","v":12000,"t":)" +
               std::to_string(i / 2) + "}";
  const auto all = items("[" + records + "]");
  CHECK(all.size() > 5'000);
  CHECK(all.size() <= 10'000);
}
