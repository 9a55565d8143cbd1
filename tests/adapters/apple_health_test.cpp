#include "adapters/apple_health.hpp"

#include <catch2/catch.hpp>

#include "tests/support/decoded_json.hpp"
#include "tests/support/zones.hpp"

using namespace adapters;

namespace {

std::string record(std::string_view type, std::string_view value, std::string_view unit,
                   std::string_view start = "2026-07-01 08:00:00 +0200", std::string_view source = "Cuff") {
  std::string text = "<Record type=\"HKQuantityTypeIdentifier";
  text.append(type).append("\" sourceName=\"").append(source).append("\" unit=\"").append(unit);
  text.append("\" startDate=\"").append(start).append("\" endDate=\"").append(start);
  return text.append("\" value=\"").append(value).append("\"/>\n");
}
std::string pressure(std::string_view systolic, std::string_view diastolic) {
  return "<Correlation type=\"HKCorrelationTypeIdentifierBloodPressure\" sourceName=\"Cuff\">" +
         record("BloodPressureSystolic", systolic, "mmHg") + record("BloodPressureDiastolic", diastolic, "mmHg") +
         "</Correlation>\n";
}
std::string document(const std::string& content) {
  return "<HealthData locale=\"nb_NO\">\n" + content + "</HealthData>\n";
}

std::vector<Item> items(const std::string& content) {
  auto decoded = test::decode(decode_apple_health, document(content));
  INFO((decoded ? "" : decoded.error().detail));
  REQUIRE(decoded.has_value());
  return std::move(decoded->items);
}

std::string error(const std::string& payload) {
  const auto decoded = test::decode(decode_apple_health, payload);
  return decoded ? "" : decoded.error().detail;
}

std::string said(const Item& item) {
  if (const auto* held = std::get_if<Held>(&item)) return std::string(name(held->reason)) + ": " + held->note;
  if (const auto* ignored = std::get_if<Ignored>(&item)) return std::string(name(ignored->reason)) + ": " + ignored->note;
  const auto& reading = std::get<Measurement>(item);
  std::string text(fhir::info(reading.kind).name);
  if (reading.components.empty()) return text + " " + reading.value.text() + " " + reading.unit;
  for (const Component& part : reading.components) text += " " + part.value.text();
  return text;
}

}  // namespace

TEST_CASE("apple-health: types and units", "[adapters][apple-health]") {
  struct Row {
    const char* type;
    const char* value;
    const char* unit;
    const char* said;
  };
  for (const Row& row : {
           Row{"OxygenSaturation", "0.97", "%", "oxygen-saturation 97 %"},
           Row{"OxygenSaturation", "1", "%", "oxygen-saturation 100 %"},
           Row{"OxygenSaturation", "0.985", "%", "oxygen-saturation 98.5 %"},
           Row{"OxygenSaturation", "97", "%", "oxygen-saturation 9700 %"},  // no guess: the gateway holds it, implausible
           Row{"BodyFatPercentage", "0.2", "%", "body-fat 20 %"},
           Row{"BloodGlucose", "6.1", "mmol&lt;180.1558800000541&gt;/L", "blood-glucose 6.1 mmol/L"},
           Row{"BloodGlucose", "110", "mg/dL", "blood-glucose 110 mg/dL"},
           Row{"BodyMassIndex", "24.3", "count", "bmi 24.3 kg/m2"},
           Row{"Height", "5.9", "ft", "body-height 5.9 ft"},
           Row{"StepCount", "12", "count", "steps 12 {steps}"},
           Row{"HeartRate", "66", "", "unknown-unit: line 2, unit: missing"},
           Row{"HeartRate", "", "count/min", "undecodable: line 2, value: expected a number"},
           Row{"RestingHeartRate", "58", "count/min", "not-a-reading: line 2: \"RestingHeartRate\""},
           Row{"DietaryWater", "58", "mL", "not-a-reading: line 2: \"DietaryWater\""},
           Row{"New", "58", "x", "unknown-kind: line 2, type: unknown, \"HKQuantityTypeIdentifierNew\""},
       }) {
    DYNAMIC_SECTION(row.type << " " << row.value << " " << row.unit) {
      const auto all = items(record(row.type, row.value, row.unit));
      REQUIRE(all.size() == 1);
      CHECK(said(all[0]) == row.said);
    }
  }
}

TEST_CASE("apple-health: times have blanks and an offset of their own", "[adapters][apple-health]") {
  const auto utc = [](const char* start) -> std::string {
    const Item item = items(record("HeartRate", "66", "count/min", start)).at(0);
    const auto* reading = std::get_if<Measurement>(&item);
    return reading == nullptr ? said(item) : fhir::utc_millis_text(reading->time.utc);
  };
  CHECK(utc("2026-07-01 03:00:00 +0300") == "2026-07-01T00:00:00.000Z");
  CHECK(utc("2026-07-01 03:00:00 -0330") == "2026-07-01T06:30:00.000Z");
  for (const char* wrong : {"", "2026-07-01 03:00:00", "2026-07-01T03:00:00 +0300", "2026-13-01 03:00:00 +0300", "2026-07-01 03:00:00 +03:00"})
    CHECK(utc(wrong) == "undecodable: line 2, startDate: expected a time such as 2026-11-20 08:00:00 +0100");
}

TEST_CASE("apple-health: a blood pressure is one reading, however often the file tells it", "[adapters][apple-health]") {
  const std::string systolic = record("BloodPressureSystolic", "132", "mmHg"), diastolic = record("BloodPressureDiastolic", "84", "mmHg");
  const std::string both = pressure("132", "84");
  const auto told = [](const std::string& content) {
    std::vector<std::string> all;
    for (const Item& item : items(content)) all.push_back(said(item));
    return all;
  };
  const std::vector<std::string> once = {"blood-pressure 132 84"};
  CHECK(told(systolic + diastolic) == once);
  CHECK(told(systolic + diastolic + both) == once);
  CHECK(told(both + diastolic + systolic) == once);
  CHECK(told(systolic + both + diastolic + both) == once);
  CHECK(told(systolic + systolic + diastolic) == once);
  // Two entered for one minute: only the correlations say which values belong together.
  const std::string second = record("BloodPressureSystolic", "128", "mmHg") + record("BloodPressureDiastolic", "80", "mmHg");
  CHECK(told(systolic + diastolic + second + both + pressure("128", "80")) ==
        std::vector<std::string>{"blood-pressure 132 84", "blood-pressure 128 80"});
  CHECK(told(systolic + diastolic + second).size() == 4);
  CHECK(told(systolic + diastolic + second)[0] ==
        "undecodable: several blood pressures of one source and time, and no Correlation");
  CHECK(told(systolic) == std::vector<std::string>{"undecodable: a blood pressure without diastolic of the same source and time"});

  // With one key whichever way it was told.
  const auto id = [](const std::string& content) { return std::get<Measurement>(items(content).at(0)).record_id; };
  CHECK(id(systolic + diastolic) == id(both));
  CHECK(id(both) != id(pressure("133", "84")));
  // Exported in another zone, the instant is the same and written differently.
  CHECK(id(record("HeartRate", "66", "count/min", "2026-07-01 08:00:00 +0200")) ==
        id(record("HeartRate", "66", "count/min", "2026-07-01 07:00:00 +0100")));
}

TEST_CASE("apple-health: who entered it, and what measured", "[adapters][apple-health]") {
  const std::string manual = "<Record type=\"HKQuantityTypeIdentifierBodyMass\" sourceName=\"Health\" unit=\"kg\" value=\"70.5\" "
                             "startDate=\"2026-07-01 08:00:00 +0200\" endDate=\"2026-07-01 08:00:00 +0200\">"
                             "<MetadataEntry key=\"HKWasUserEntered\" value=\"1\"/></Record>";
  CHECK(std::get<Measurement>(items(manual).at(0)).origin == Origin::manual);
  const auto device = [](const char* address) {
    return "<Record type=\"HKQuantityTypeIdentifierHeartRate\" sourceName=\"W\" unit=\"count/min\" value=\"66\" device=\"&lt;&lt;HKDevice: " +
           std::string(address) + "&gt;, name:Apple Watch, manufacturer:Apple Inc., hardware:Watch6,1, software:9.0&gt;\" "
           "startDate=\"2026-07-01 08:00:00 +0200\" endDate=\"2026-07-01 08:00:00 +0200\"/>";
  };
  const auto first = std::get<Measurement>(items(device("0x28")).at(0));
  CHECK(first.origin == Origin::automatic);
  CHECK(first.device.model == "Apple Watch Watch6,1");
  CHECK(first.record_id == std::get<Measurement>(items(device("0x29")).at(0)).record_id);
}

TEST_CASE("apple-health: the document type of an export is read, entities and other documents are not", "[adapters][apple-health]") {
  const std::string content = document(record("HeartRate", "66", "count/min"));
  CHECK(error("<?xml version=\"1.0\"?><!DOCTYPE HealthData [<!ELEMENT HealthData ANY><!ATTLIST Record unit CDATA \"count/min\">]>" + content) == "");
  CHECK(error("<!DOCTYPE HealthData [<!ENTITY a \"b\">]>" + content) == "line 1: declarations of entities are refused");
  CHECK(error("<!DOCTYPE HealthData [<!ENTITY % a SYSTEM \"file:///etc/passwd\"> %a;]>" + content) ==
        "line 1: declarations of entities are refused");
  CHECK(error("<!DOCTYPE HealthData SYSTEM \"http://127.0.0.1/x.dtd\">" + content) == "line 1: an external document type is refused");
  CHECK(error("<ClinicalDocument/>") == "line 1: expected HealthData, an export of the Health app");
  CHECK(error("<HealthData>&a;</HealthData>") != "");
  CHECK(error("<HealthData><Record></HealthData>") == "line 1: mismatched tag");
  CHECK(error("") == "line 1: no element found");
  CHECK(error("<HealthData><Record type=\"a\"><Record/></Record></HealthData>") == "line 1: a Record within a Record");

  // A value that is only the document type's is nobody's measurement.
  const auto without = test::decode(decode_apple_health, "<!DOCTYPE HealthData [<!ATTLIST Record value CDATA \"66\">]><HealthData>"
                                                         "<Record type=\"HKQuantityTypeIdentifierHeartRate\" unit=\"count/min\"/></HealthData>");
  REQUIRE(without.has_value());
  CHECK(std::holds_alternative<Held>(without->items.at(0)));
}

TEST_CASE("apple-health: bounded on whatever comes", "[adapters][apple-health]") {
  std::string deep;
  for (int i = 0; i < 1'000'000; ++i) deep += "<a>";
  CHECK(error("<HealthData>" + deep) == "line 1: nested too deeply");
  CHECK(error("<HealthData><Record value=\"" + std::string(8'000'000, 'x') + "\"/></HealthData>").ends_with("a tag longer than a megabyte"));
  std::string many;
  for (std::size_t i = 0; i <= most_items; ++i) many += "<Workout/>";
  const auto decoded = test::decode(decode_apple_health, document(many));
  REQUIRE(!decoded.has_value());
  CHECK(decoded.error().category == fhir::ErrorCategory::too_large);
}

TEST_CASE("apple-health: in pieces the same items come out as in one", "[adapters][apple-health]") {
  const std::string payload = document(record("HeartRate", "66", "count/min") + pressure("132", "84") +
                                       record("BloodPressureSystolic", "120", "mmHg", "2026-07-03 08:00:00 +0200") +
                                       record("BloodPressureDiastolic", "80", "mmHg", "2026-07-03 08:00:00 +0200"));
  static const test::NorwegianZone zone;
  fhir::JsonDocument scratch;
  const Context context{zone, fhir::Time{}, scratch};
  const std::string whole = test::decoded_json(test::decode(decode_apple_health, payload));
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
    const auto stream = open_stream("apple-health", context);
    REQUIRE(stream != nullptr);
    Decoded decoded;
    for (std::size_t at = 0; at < payload.size(); at += step)
      REQUIRE(stream->feed(std::string_view(payload).substr(at, step), decoded.items).has_value());
    REQUIRE(stream->finish(decoded.items).has_value());
    CHECK(test::decoded_json(decoded) == whole);
  }
  CHECK(open_stream("hjemport", context) == nullptr);
}
