#include "adapters/iomt/iomt.hpp"

#include <catch2/catch.hpp>

#include "tests/support/decoded_json.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/soundness.hpp"
#include "tests/support/zones.hpp"

using namespace adapters;
using iomt::Problem;

namespace {

std::string device_file(const std::string& templates) {
  return R"({"templateType":"CollectionContent","template":[)" + templates + "]}";
}
std::string fhir_file(const std::string& templates) {
  return R"({"templateType":"CollectionFhir","template":[)" + templates + "]}";
}
std::string wrapped(const std::string& type, const std::string& content) {
  return R"({"templateType":")" + type + R"(","template":)" + content + "}";
}

const std::string hourly_hr = wrapped("CodeValueFhir", R"({"typeName":"heartrate","periodInterval":60,
  "codes":[{"code":"8867-4","system":"http://loinc.org","display":"Heart rate"}],
  "value":{"valueType":"SampledData","valueName":"hr","defaultPeriod":5000,"unit":"count/min"}})");
const std::string pressure = wrapped("CodeValueFhir", R"({"typeName":"bloodPressure","periodInterval":"Single",
  "category":[{"text":"Vital Signs","codes":[{"code":"vital-signs","system":"http://terminology.hl7.org/CodeSystem/observation-category"}]}],
  "codes":[{"code":"85354-9","system":"http://loinc.org","display":"Blood pressure panel"}],
  "components":[
   {"codes":[{"code":"8480-6","system":"http://loinc.org"}],"value":{"valueType":"Quantity","valueName":"systolic","unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},
   {"codes":[{"code":"8462-4","system":"http://loinc.org"}],"value":{"valueType":"Quantity","valueName":"diastolic","unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},
   {"codes":[{"code":"8867-4","system":"http://loinc.org"}],"value":{"valueType":"Quantity","valueName":"hr","unit":"/min"}}]})");
const std::string height = wrapped("CodeValueFhir", R"({"typeName":"height",
  "codes":[{"code":"8302-2","system":"http://loinc.org"}],
  "value":{"valueType":"Quantity","valueName":"height","unit":"m"}})");
const std::string mapping = fhir_file(hourly_hr + "," + pressure + "," + height);

// A CalculatedContent of heartrate with `more` members in place of or beside the usual ones.
std::string calculated(const std::string& match, const std::string& value, const std::string& more = "") {
  return device_file(wrapped("CalculatedContent", R"({"typeName":"heartrate","typeMatchExpression":)" + match +
                                                      R"(,"deviceIdExpression":"$.Body.deviceId",
    "timestampExpression":"$.matchedToken.date",)" + more +
                                                      R"("values":[{"required":"true","valueName":"hr",
    "valueExpression":)" + value + "}]}"));
}
const std::string plain_hr = calculated(R"("$..[?(@heartRate)]")", R"("$.matchedToken.heartRate")");

iomt::Templates compiled(const std::string& device, const std::string& fhir_mapping = mapping,
                         expression::Arithmetic arithmetic = expression::Arithmetic::exact) {
  std::vector<Problem> problems;
  auto made = iomt::Templates::compile({"device.json", device}, {"fhir.json", fhir_mapping}, {arithmetic}, problems);
  for (const Problem& problem : problems) UNSCOPED_INFO(problem.text());
  REQUIRE(made.has_value());
  return std::move(*made);
}

std::vector<Problem> problems_of(const std::string& device, const std::string& fhir_mapping = mapping) {
  std::vector<Problem> problems;
  CHECK_FALSE(iomt::Templates::compile({"device.json", device}, {"fhir.json", fhir_mapping}, {}, problems));
  return problems;
}

fhir::Result<Decoded> decoded(const iomt::Templates& templates, std::string_view payload) {
  static const test::NorwegianZone zone;
  static fhir::JsonDocument scratch;
  return iomt::decode(payload, {zone, fhir::Time{std::chrono::seconds{1'795'165'200}}, scratch}, templates);
}

std::vector<Item> items(const iomt::Templates& templates, std::string_view payload) {
  auto all = decoded(templates, payload);
  REQUIRE(all.has_value());
  for (const Item& item : all->items) {
    INFO(test::item_json(item));
    CHECK(test::soundness::fault_of(item).empty());
  }
  return std::move(all->items);
}

const Held& held(const Item& item) {
  INFO(test::item_json(item));
  REQUIRE(std::holds_alternative<Held>(item));
  return std::get<Held>(item);
}
const Measurement& reading(const Item& item) {
  INFO(test::item_json(item));
  REQUIRE(std::holds_alternative<Measurement>(item));
  return std::get<Measurement>(item);
}

const std::string one = R"({"Body":{"deviceId":"d-1","heartRate":"78","date":"2021-07-13T17:29:01.061144Z"}})";

}  // namespace

TEST_CASE("iomt: a matched token becomes a reading of the LOINC code's kind", "[adapters][iomt]") {
  const auto all = items(compiled(plain_hr), one);
  REQUIRE(all.size() == 1);
  const Measurement& hr = reading(all[0]);
  CHECK(hr.kind == fhir::kinds().heart_rate);
  CHECK(hr.value == fhir::Decimal(78));
  CHECK(hr.unit == "count/min");
  CHECK(hr.device.id == "d-1");
  CHECK(hr.subject.id == "d-1");
  CHECK(hr.time.text() == "2021-07-13T17:29:01.061144Z");
  CHECK(hr.note.empty());
}

TEST_CASE("iomt: both languages match alike, an array gives one measurement each", "[adapters][iomt]") {
  const std::string payload = R"({"Body":[{"deviceId":"d","heartRate":78,"date":"2021-07-13T17:29:01Z"},
    {"deviceId":"d","heartRate":79,"date":"2021-07-13T17:28:01Z"}]})";
  const std::string jmes = R"({"value":"Body[?heartRate]","language":"JmesPath"})";
  for (const std::string& match : {std::string(R"("$..[?(@heartRate)]")"), jmes, std::string(R"("$.Body[*]")")}) {
    DYNAMIC_SECTION(match) {
      const std::string device = device_file(wrapped(
          "CalculatedContent",
          R"({"typeName":"heartrate","typeMatchExpression":)" + match +
              R"(,"deviceIdExpression":"$.matchedToken.deviceId","timestampExpression":{"value":"matchedToken.date","language":"jmespath"},
        "values":[{"valueName":"hr","valueExpression":"$.matchedToken.heartRate"}]})"));
      const auto all = items(compiled(device), payload);
      REQUIRE(all.size() == 2);
      CHECK(reading(all[0]).value == fhir::Decimal(78));
      CHECK(reading(all[1]).time.text() == "2021-07-13T17:28:01Z");
    }
  }
}

TEST_CASE("iomt: JMESPath transforms with exact decimals, or as the original did", "[adapters][iomt]") {
  const auto device = [](const std::string& expression) {
    return device_file(wrapped("CalculatedContent", R"x({"typeName":"height","defaultExpressionLanguage":"JmesPath",
      "typeMatchExpression":"to_array(Body)[?height]","deviceIdExpression":"Body.deviceId","timestampExpression":"fromUnixTimestamp(matchedToken.at)",
      "values":[{"required":true,"valueName":"height","valueExpression":")x" +
                                                        expression + R"("}]})"));
  };
  const std::string payload = R"({"Body":{"deviceId":"d","height":"78","at":1626197341}})";
  const auto exact = items(compiled(device("multiply(to_number(matchedToken.height), `0.0254`)")), payload);
  CHECK(reading(exact[0]).value.text() == "1.9812");
  CHECK(reading(exact[0]).time.text() == "2021-07-13T17:29:01Z");
  const std::string divided = "divide(to_number(matchedToken.height), `40`)";
  CHECK(reading(items(compiled(device(divided)), payload)[0]).value.text() == "1.95");
  CHECK(reading(items(compiled(device(divided), mapping, expression::Arithmetic::as_original), payload)[0]).value ==
        fhir::Decimal(1));
}

TEST_CASE("iomt: blood pressure is one reading, its pulse another that shares a correlation", "[adapters][iomt]") {
  const std::string device = device_file(wrapped("JsonPathContentTemplate", R"({"TypeName":"bloodpressure",
    "typeMatchExpression":"$..[?(@systolic && @diastolic)]","deviceIdExpression":"$.deviceId","timestampExpression":"$.date",
    "patientIdExpression":"$.who","values":[{"valueName":"systolic","valueExpression":"$.systolic","required":true},
    {"valueName":"diastolic","valueExpression":"$.diastolic"},{"valueName":"hr","valueExpression":"$.pulse"}]})"));
  const auto all = items(compiled(device), R"([{"deviceId":"d","who":"p-1","systolic":120,"diastolic":80,"pulse":66,
    "date":"2026-11-20T08:00:00+01:00"},{"deviceId":"d","systolic":122,"diastolic":"x","date":"2026-11-20T09:00:00+01:00"}])");
  REQUIRE(all.size() == 3);
  const Measurement& first = reading(all[0]);
  CHECK(first.kind == fhir::kinds().blood_pressure);
  REQUIRE(first.components.size() == 2);
  CHECK(first.components[0].unit == "mm[Hg]");
  CHECK(first.components[1].value == fhir::Decimal(80));
  CHECK(first.subject.id == "p-1");
  CHECK(reading(all[1]).kind == fhir::kinds().heart_rate);
  CHECK(reading(all[1]).correlation == first.correlation);
  CHECK_FALSE(first.correlation.empty());
  CHECK(held(all[2]).reason == QuarantineReason::undecodable);
  CHECK(held(all[2]).components.size() == 1);
}

TEST_CASE("iomt: IoT Hub takes device and time from the envelope, IoT Central from the token", "[adapters][iomt]") {
  const std::string hub =
      device_file(wrapped("iotjsonpathcontent", R"({"typeName":"heartrate","deviceIdExpression":"$.ignored",
    "typeMatchExpression":"$..[?(@Body.heartRate)]","values":[{"valueName":"hr","valueExpression":"$.Body.heartRate"}]})"));
  const auto event = [](const std::string& properties) {
    return R"({"Body":{"heartRate":60},"Properties":{)" + properties +
           R"(},"SystemProperties":{"iothub-connection-device-id":"hub-1","iothub-enqueuedtime":"2019-02-01T22:46:01.8750000Z"}})";
  };
  const auto created = items(compiled(hub), event(R"("iothub-creation-time-utc":"2019-02-01T22:46:01Z")"));
  CHECK(reading(created[0]).device.id == "hub-1");
  CHECK(reading(created[0]).time.text() == "2019-02-01T22:46:01Z");
  CHECK(reading(items(compiled(hub), event(""))[0]).time.text() == "2019-02-01T22:46:01.875000Z");

  const std::string central = device_file(wrapped("IotCentralJsonPathContent", R"({"typeName":"heartrate",
    "typeMatchExpression":"$..[?(@telemetry.HeartRate)]","values":[{"valueName":"hr","valueExpression":"$.telemetry.HeartRate"}]})"));
  const auto all =
      items(compiled(central),
            R"({"Body":{"deviceId":"c","enqueuedTime":"2020-08-05T22:26:55.455Z","telemetry":{"HeartRate":88}}})");
  CHECK(reading(all[0]).device.id == "c");
  CHECK(reading(all[0]).value == fhir::Decimal(88));
}

TEST_CASE("iomt: an event nothing matches is no reading, and every template is tried", "[adapters][iomt]") {
  const auto none = items(compiled(plain_hr), R"([{"Body":{"weight":1}},{"Body":null},{}])");
  REQUIRE(none.size() == 3);
  for (const Item& item : none) CHECK(std::get<Ignored>(item).reason == IgnoreReason::not_a_reading);
  CHECK(items(compiled(plain_hr), "[]").empty());
}

TEST_CASE("iomt: what is required and missing is held with its place, others are left out", "[adapters][iomt]") {
  struct Row {
    const char* body;
    const char* note;
  };
  for (const Row& row : {
           Row{R"({"deviceId":"d","heartRate":null,"date":"2021-07-13T17:29:01Z"})", "heartrate, hr: required"},
           Row{R"({"deviceId":"d","heartRate":" ","date":"2021-07-13T17:29:01Z"})", "heartrate, hr: required"},
           Row{R"({"deviceId":"d","heartRate":{},"date":"2021-07-13T17:29:01Z"})", "heartrate, hr: an object"},
           Row{R"({"deviceId":"d","heartRate":[1],"date":"2021-07-13T17:29:01Z"})", "heartrate, hr: an array"},
           Row{R"({"deviceId":"d","heartRate":true,"date":"2021-07-13T17:29:01Z"})", "\"hr\": expected a number"},
           Row{R"({"heartRate":7,"date":"2021-07-13T17:29:01Z"})", "heartrate, deviceIdExpression: required"},
           Row{R"({"deviceId":"","heartRate":7,"date":"2021-07-13T17:29:01Z"})", "heartrate, deviceIdExpression: req"},
           Row{R"({"deviceId":"d","heartRate":7})", "heartrate, timestampExpression: required"},
           Row{R"({"deviceId":"d","heartRate":7,"date":1626197341})",
               "heartrate, timestampExpression: expected a text"},
           Row{R"({"deviceId":"d","heartRate":7,"date":"13816590072"})", "timestampExpression: expected a date"},
           Row{R"({"deviceId":"d\u0001","heartRate":7,"date":"2021-07-13T17:29:01Z"})", "deviceId: expected at most"},
       }) {
    DYNAMIC_SECTION(row.body) {
      const auto all = items(compiled(plain_hr), R"({"Body":)" + std::string(row.body) + "}");
      REQUIRE(all.size() == 1);
      CHECK(held(all[0]).reason == QuarantineReason::undecodable);
      CHECK(held(all[0]).note.find(row.note) == 0);
      CHECK(held(all[0]).kind == fhir::kinds().heart_rate);
    }
  }
}

TEST_CASE("iomt: a blank patient id is none, the device stands in", "[adapters][iomt]") {
  const auto templates = compiled(calculated(R"("$.Body")", R"("$.Body.heartRate")", R"("patientIdExpression":"$.Body.who",)"));
  const auto with = [&](const std::string& who) {
    return items(templates, R"({"Body":{"deviceId":"d-1","heartRate":78,"date":"2021-07-13T17:29:01Z","who":)" + who + "}}");
  };
  CHECK(reading(with(R"("  ")")[0]).subject.id == "d-1");
  CHECK(reading(with("null")[0]).subject.id == "d-1");
  CHECK(reading(with(R"("p-7")")[0]).subject.id == "p-7");
}

TEST_CASE("iomt: a correlation id that is defined must be there", "[adapters][iomt]") {
  const auto templates = compiled(calculated(R"("$..[?(@heartRate)]")", R"("$.matchedToken.heartRate")",
                                             R"("correlationIdExpression":"$.Body.session",)"));
  CHECK(held(items(templates, one)[0]).note.find("correlationIdExpression") != std::string::npos);
  const std::string with = R"({"Body":{"deviceId":"d","heartRate":78,"session":"s1","date":"2021-07-13T17:29:01Z"}})";
  CHECK(reading(items(templates, with)[0]).correlation == "s1");
}

TEST_CASE("iomt: after a fault the rest of the event is held, other events are not touched", "[adapters][iomt]") {
  const std::string good = R"({"heartRate":1,"date":"2021-07-13T17:29:01Z"})";
  const auto all = items(compiled(plain_hr), R"([{"Body":{"deviceId":"d","a":[)" + good + R"(,{"heartRate":2},)" +
                                                 good + "]}}," + one + ", 5]");
  REQUIRE(all.size() == 5);
  CHECK(reading(all[0]).value == fhir::Decimal(1));
  CHECK(held(all[1]).note.find("timestampExpression") != std::string::npos);
  CHECK(held(all[2]).note == "heartrate: an earlier measurement of this event failed");
  CHECK(held(all[2]).value == fhir::Decimal(1));
  CHECK(reading(all[3]).value == fhir::Decimal(78));
  CHECK(held(all[4]).note == "[2]: expected an event");
}

TEST_CASE("iomt: a time without zone is the source's, or UTC as the original's hosts", "[adapters][iomt]") {
  const std::string payload = R"({"Body":{"deviceId":"d","heartRate":7,"date":"2026-11-20T08:00:00"}})";
  const auto ours = items(compiled(plain_hr), payload);
  CHECK(reading(ours[0]).time.text() == "2026-11-20T08:00:00+01:00");
  CHECK(reading(ours[0]).note == "sent as a time without zone");
  const auto theirs = items(compiled(plain_hr, mapping, expression::Arithmetic::as_original), payload);
  CHECK(fhir::utc_text(reading(theirs[0]).time.utc) == "2026-11-20T08:00:00Z");
}

TEST_CASE("iomt: a type without known code is stated as its template has it, one without template is held", "[adapters][iomt]") {
  const std::string foreign =
      fhir_file(wrapped("CodeValueFhir", R"({"typeName":"heartrate","codes":[{"code":"1","system":"urn:x"}],
    "category":[{"text":"Mine","codes":[]}],"value":{"valueType":"Quantity","valueName":"hr","unit":"x"}})"));
  const auto with_foreign = compiled(plain_hr, foreign);
  REQUIRE(with_foreign.warnings().size() == 1);
  CHECK(with_foreign.warnings()[0].text() ==
        "fhir.json:1: template[0].template.codes: no code here is one of our kinds: stored, not judged");
  const auto coded = items(with_foreign, one);
  CHECK(reading(coded[0]).kind == fhir::Kind::unknown);
  REQUIRE(reading(coded[0]).stated != nullptr);
  std::string stated;
  fhir::append_stated_concept(stated, reading(coded[0]).stated->code);
  fhir::append_stated_values(stated, *reading(coded[0]).stated);
  CHECK(stated == R"({"coding":[{"system":"urn:x","code":"1"}],"text":"heartrate"}"valueQuantity":{"value":78,"unit":"x"})");
  CHECK(reading(coded[0]).stated->categories.at(0).text == "Mine");
  const auto no_number = held(items(with_foreign, R"({"Body":{"deviceId":"d","heartRate":"fast","date":"2021-07-13T17:29:01Z"}})")[0]);
  CHECK(no_number.reason == QuarantineReason::undecodable);
  CHECK(no_number.note == "\"hr\": expected a number");
  const auto untyped = compiled(plain_hr, fhir_file(height));
  CHECK(held(items(untyped, one)[0]).reason == QuarantineReason::unknown_kind);
  REQUIRE(untyped.warnings().size() == 1);
  CHECK(untyped.warnings()[0].text() ==
        "device.json:1: template[0].template: no CodeValueFhir for typeName heartrate: its measurements are held");
}

TEST_CASE("iomt: components without known code are stated with their template, or by themselves beside a known kind",
          "[adapters][iomt]") {
  const std::string device = device_file(wrapped("CalculatedContent", R"({"typeName":"vitals","typeMatchExpression":"$.Body",
    "deviceIdExpression":"$.Body.d","timestampExpression":"$.Body.t","values":[{"valueName":"hr","valueExpression":"$.Body.hr"},
    {"valueName":"stress","valueExpression":"$.Body.stress"},{"valueName":"mood","valueExpression":"$.Body.mood"}]})"));
  const std::string components = R"("components":[
    {"codes":[{"code":"s","system":"urn:x"}],"value":{"valueType":"Quantity","valueName":"stress","unit":"pts","system":"urn:u","code":"p"}},
    {"codes":[{"code":"m","system":"urn:x"}],"value":{"valueType":"String","valueName":"mood"}},
    {"codes":[{"code":"8867-4","system":"http://loinc.org"}],"value":{"valueType":"Quantity","valueName":"hr","unit":"/min"}}])";
  const std::string payload = R"({"Body":{"d":"d","t":"2021-01-01T00:00:00Z","hr":70,"stress":3.50,"mood":"fine"}})";
  const auto foreign = items(compiled(device, fhir_file(wrapped("CodeValueFhir", R"({"typeName":"vitals",
    "codes":[{"code":"v","system":"urn:x"}],)" + components + "}"))), payload);
  REQUIRE(foreign.size() == 2);
  CHECK(reading(foreign[0]).kind == fhir::kinds().heart_rate);
  const fhir::Stated& whole = *reading(foreign[1]).stated;
  std::string values;
  fhir::append_stated_values(values, whole);
  CHECK(values == R"("component":[{"code":{"coding":[{"system":"urn:x","code":"s"}],"text":"stress"},"valueQuantity":{"value":3.50,"unit":"pts","system":"urn:u","code":"p"}},)"
                  R"({"code":{"coding":[{"system":"urn:x","code":"m"}],"text":"mood"},"valueString":"fine"}])");
  CHECK(reading(foreign[0]).correlation == reading(foreign[1]).correlation);

  const auto known = items(compiled(device, fhir_file(wrapped("CodeValueFhir", R"({"typeName":"vitals",
    "codes":[{"code":"8302-2","system":"http://loinc.org"}],)" + components + "}"))), payload);
  REQUIRE(known.size() == 3);
  CHECK(fhir::stated_name(reading(known[0]).stated->code) == "urn:x|s");
  CHECK(fhir::stated_name(reading(known[1]).stated->code) == "urn:x|m");
  CHECK(reading(known[2]).kind == fhir::kinds().heart_rate);
}

TEST_CASE("iomt: a problem names the line of its file", "[adapters][iomt]") {
  std::vector<Problem> problems;
  CHECK_FALSE(iomt::Templates::compile({"device.json", "{\"templateType\":\"CollectionContent\",\n\"template\":[\n{\"templateType\":\n"
                                        "\"CalculatedContent\",\"template\":{\n\"typeName\":\"a\",\n\"typeMatchExpression\":\n\"$[\","
                                        "\"deviceIdExpression\":\"$.d\",\"timestampExpression\":\"$.t\",\"values\":[]}}]}"},
                                       {"fhir.json", "{\n\n  oops"}, {}, problems));
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].text().starts_with("device.json:6: template[0].template.typeMatchExpression: JSONPath: "));
  CHECK(problems[0].text().ends_with("of: $["));
  CHECK(problems[1].text().starts_with("fhir.json:3: byte"));
}

TEST_CASE("iomt: what one payload may ask of the expressions is bounded", "[adapters][iomt]") {
  // Each match looks at the whole event again: without a bound the work grows with the square of the payload.
  const auto greedy = compiled(device_file(wrapped("CalculatedContent", R"({"typeName":"heartrate","typeMatchExpression":"$.Body[*]",
    "deviceIdExpression":"$.matchedToken.d","timestampExpression":"$.matchedToken.t",
    "values":[{"valueName":"hr","valueExpression":{"value":"max_by(Body, &h).h","language":"JmesPath"}}]})")));
  std::string payload = R"({"Body":[)";
  for (int i = 0; i < 20'000; ++i)
    payload.append(i == 0 ? "" : ",").append(R"({"d":"d","t":"2021-01-01T00:00:00Z","h":)").append(std::to_string(i)).append("}");
  const auto refused = decoded(greedy, payload + "]}");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().category == fhir::ErrorCategory::too_large);

  std::string many = R"({"Body":[)";
  for (std::size_t i = 0; i <= iomt::Budget().measurements; ++i) many += i == 0 ? "1" : ",1";
  const auto numerous = compiled(device_file(wrapped("CalculatedContent", R"({"typeName":"heartrate","typeMatchExpression":"$.Body[*]",
    "deviceIdExpression":"$.x","timestampExpression":"$.x","values":[]})")));
  const auto too_many = decoded(numerous, many + "]}");
  REQUIRE_FALSE(too_many.has_value());
  CHECK(too_many.error().category == fhir::ErrorCategory::too_large);
}

TEST_CASE("iomt: the documentation's heart rate code for diastolic is never read as a heart rate", "[adapters][iomt]") {
  const std::string copied = fhir_file(
      wrapped("CodeValueFhir", R"({"typeName":"heartrate","codes":[{"code":"85354-9","system":"http://loinc.org"}],
    "components":[{"codes":[{"code":"8867-4","system":"http://loinc.org","display":"Diastolic blood pressure"}],
    "value":{"valueType":"Quantity","valueName":"hr","unit":"mmHg"}}]})"));
  const auto templates = compiled(plain_hr, copied);
  CHECK(held(items(templates, one)[0]).reason == QuarantineReason::unknown_kind);
  REQUIRE(templates.warnings().size() == 1);
  CHECK(templates.warnings()[0].what.find("8462-4") != std::string::npos);
}

TEST_CASE("iomt: strings and coded concepts fill kinds that have words only", "[adapters][iomt]") {
  const auto with = [](const std::string& code, const std::string& value) {
    return compiled(
        plain_hr, fhir_file(wrapped("CodeValueFhir", R"({"typeName":"heartrate","codes":[{"code":")" + code +
                                                         R"(","system":"http://loinc.org"}],"value":)" + value + "}")));
  };
  CHECK(held(items(with("8867-4", R"({"valueType":"string","valueName":"hr"})"), one)[0]).note ==
        "a text for heart-rate, which is a number");
  const fhir::Kind protein = fhir::kinds().urine_protein;
  const std::string loinc(fhir::info(protein).codings.front().code);
  REQUIRE(fhir::info(protein).codings.front().system == fhir::loinc);
  const auto word = items(with(loinc, R"({"valueType":"String","valueName":"hr"})"), one);
  CHECK(reading(word[0]).text == "78");
  const auto concept_text =
      items(with(loinc, R"({"valueType":"CodeableConcept","valueName":"hr","text":"+1","codes":[{"code":"x"}]})"), one);
  CHECK(reading(concept_text[0]).text == "+1");
}

TEST_CASE("iomt: the merge settings are kept for a projection", "[adapters][iomt]") {
  const auto templates = compiled(plain_hr);
  REQUIRE(templates.mapping().find("HEARTRATE") != nullptr);
  CHECK(templates.mapping().find("heartrate")->period == iomt::Period::hourly);
  CHECK(templates.mapping().find("heartrate")->value->default_period == std::chrono::seconds(5));
  CHECK(templates.mapping().find("bloodpressure")->period == iomt::Period::single);
}

TEST_CASE("iomt: every problem of both files is reported with file and place", "[adapters][iomt]") {
  struct Row {
    std::string device, fhir, text;
  };
  const std::string ok_device = plain_hr;
  const auto fhir_with = [](const std::string& members) {
    return fhir_file(wrapped("CodeValueFhir", R"({"typeName":"t","codes":[{"code":"1"}])" + members + "}"));
  };
  for (const Row& row : {
           Row{"{", mapping, "device.json:1: byte"},
           Row{"[]", mapping, "device.json: expected an object"},
           Row{wrapped("CollectionFhir", "[]"), mapping, "device.json:1: templateType: expected CollectionContent"},
           Row{wrapped("CollectionContent", "{}"), mapping, "device.json:1: template: expected an array"},
           Row{device_file("1"), mapping, "device.json:1: template[0]: expected an object"},
           Row{device_file(wrapped("JsonPathContent", "[]")), mapping,
               "device.json:1: template[0].template: expected an ob"},
           Row{device_file(wrapped("CalculatedContentTemplate", "{}")), mapping, "unknown templateType Calc"},
           Row{device_file(wrapped("IotCentralJsonPathContentTemplate", "{}")), mapping, "unknown templateType IotC"},
           Row{device_file(wrapped("JsonPathContent", "{}")), mapping, "template[0].template.typeName: missing"},
           Row{device_file(wrapped("JsonPathContent", R"({"more":1})")), mapping, "template.more: unknown member"},
           Row{device_file(wrapped("JsonPathContent", R"({"typeName":"a","TYPENAME":"b"})")), mapping,
               "TYPENAME: given twice"},
           Row{device_file(wrapped("JsonPathContent", R"({"typeMatchExpression":{"value":"$"}})")), mapping,
               "expected a text: JSONPath"},
           Row{calculated(R"({"value":"foo[","language":"JmesPath"})", R"("$")"), mapping,
               "typeMatchExpression.value: JMESPath: "},
           Row{calculated(R"({"value":"foo","language":"XPath"})", R"("$")"), mapping,
               "language: expected JsonPath or JmesPath"},
           Row{calculated(R"("$")", R"("$[")"), mapping, "values[0].valueExpression: JSONPath: "},
           Row{device_file(wrapped("JsonPathContent",
                                   R"({"values":[{"valueName":"a","valueExpression":"$","required":"maybe"}]})")),
               mapping, "required: expected true or false"},
           Row{ok_device, fhir_file(height + "," + height),
               "fhir.json:3: template[1].template: typeName height is there already"},
           Row{ok_device, fhir_with(R"(,"periodInterval":30)"), "periodInterval: expected -1, 0, 60, 1440"},
           Row{ok_device, fhir_with(R"(,"value":{"valueType":"Range","valueName":"a"})"),
               "valueType: expected Quantity"},
           Row{ok_device, fhir_with(R"(,"value":{"valueType":"Quantity"})"), "value.valueName: missing"},
           Row{ok_device, fhir_with(R"(,"value":{"valueType":"SampledData","valueName":"a","defaultPeriod":0})"),
               "defaultPeriod: expected a number of milliseconds"},
           Row{ok_device, fhir_with(R"(,"value":{"valueType":"String","valueName":"a","unit":"x"})"),
               "value.unit: unknown member for this"},
           Row{ok_device, fhir_with(R"(,"components":[{"codes":[]}])"),
               "components[0].codes: expected an array of codes"},
           Row{ok_device, fhir_with(R"(,"components":[{"codes":[{"code":"1"}]}])"), "components[0].value: missing"},
           Row{ok_device, fhir_file(wrapped("CodeValueFhir", R"({"typeName":" "})")), "typeName: must not be blank"},
       }) {
    DYNAMIC_SECTION(row.text) {
      bool found = false;
      std::string all;
      for (const Problem& problem : problems_of(row.device, row.fhir)) {
        all += problem.text() + "\n";
        found = found || problem.text().find(row.text) != std::string::npos;
      }
      INFO(all);
      CHECK(found);
    }
  }
}

TEST_CASE("iomt: one bad template does not hide another's problems", "[adapters][iomt]") {
  const auto all = problems_of(device_file(wrapped("JsonPathContent", "{}") + "," + wrapped("Other", "{}")), "{");
  CHECK(all.front().file == "device.json");
  CHECK(all.back().file == "fhir.json");
  CHECK(all.size() >= 6);
}

TEST_CASE("iomt: payloads that are none, and very large ones", "[adapters][iomt]") {
  const auto templates = compiled(plain_hr);
  for (const std::string payload : {"", "{", "1", "\"x\"", "null"}) {
    INFO(payload);
    CHECK_FALSE(decoded(templates, payload).has_value());
  }
  for (std::size_t cut = 1; cut < one.size(); ++cut) CHECK_FALSE(decoded(templates, one.substr(0, cut)).has_value());

  std::string many = "[";
  for (int i = 0; i < 10'000; ++i) many += (i == 0 ? "" : ",") + one;
  CHECK(items(templates, many + "]").size() == 10'000);
  std::string too_many = "[0";
  for (std::size_t i = 0; i < most_items; ++i) too_many += ",0";
  const auto refused = decoded(templates, too_many + "]");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().category == fhir::ErrorCategory::too_large);
}

TEST_CASE("iomt: the sample of its page becomes readings by the pair of files beside it", "[adapters][iomt][docs]") {
  const std::filesystem::path folder = std::filesystem::path(HJEMPORT_TEST_DATA) / ".." / "docs" / "vendors";
  const std::string page = test::file_content(folder / "iomt.md");
  const std::size_t start = page.find("```json\n") + 8;
  const auto templates = compiled(test::file_content(folder / "iomt" / "devicecontent.json"),
                                  test::file_content(folder / "iomt" / "fhirmapping.json"));
  CHECK(templates.warnings().empty());
  const auto all = items(templates, page.substr(start, page.find("```", start) - start));
  REQUIRE(all.size() == 2);
  CHECK(reading(all[1]).value == fhir::Decimal(79));
}
