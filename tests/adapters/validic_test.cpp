#include "adapters/validic.hpp"

#include "tests/support/items.hpp"

using namespace adapters;

namespace {

std::string record(const std::string& metrics) {
  return R"({"id":"r","version":"1.2","start_time":"2024-05-14T06:30:00Z","user":{"uid":"home-17","id":"5e1"},
             "source":{"type":"withings","device":"BPM"},"metrics":[)" +
         metrics + "]}";
}

std::string metric(const std::string& type, const std::string& value, const std::string& unit) {
  return R"({"type":")" + type + R"(","value":)" + value + R"(,"unit":")" + unit + "\"}";
}

std::string outcomes(const std::string& payload) {
  std::string all;
  for (const Item& item : test::items(decode_validic, payload))
    all += std::holds_alternative<Measurement>(item) ? test::value_text(item) + "; "
                                                     : std::string(test::outcome(item)) + "; ";
  return all;
}

}  // namespace

TEST_CASE("validic: metrics", "[adapters][validic]") {
  const std::string systolic = metric("systolic", "128", "mmHg"), diastolic = metric("diastolic", "81", "mmHg");
  struct Row {
    std::string metrics;
    const char* expected;
  };
  const Row rows[] = {
      {metric("body_weight", "74.10", "kg"), "body-weight 74.10 kg; "},
      {metric("body_weight", "163", "lb"), "body-weight 163 lb; "},
      {metric("body_weight", "163", "furlong"), "body-weight 163 furlong; "},
      {metric("bmi", "23", "kg/m2"), "bmi 23 kg/m2; "},
      {metric("pulse", "66", "bpm"), "pulse-rate 66 bpm; "},
      {metric("steps", "4210", "count"), "steps 4210 count; "},
      {metric("water", "200", "ml"), "not-a-reading; "},
      {metric("resting_heart_rate", "58", "bpm"), "not-a-reading; "},
      {metric("blood_glucose", "99", "mg/dL"), "unknown-kind; "},
      {R"({"type":"pulse","value":66})", "unknown-unit; "},
      {R"({"type":"pulse","unit":"bpm"})", "undecodable; "},
      {R"({"value":1,"unit":"kg"})", "undecodable; "},
      {"7", "undecodable; "},
      {systolic + "," + diastolic, "blood-pressure 128 mmHg 81 mmHg; "},
      {diastolic + "," + metric("pulse", "66", "bpm") + "," + systolic,
       "blood-pressure 128 mmHg 81 mmHg; pulse-rate 66 bpm; "},
      {systolic, "undecodable; "},
      {diastolic, "undecodable; "},
      {systolic + "," + systolic + "," + diastolic, "blood-pressure 128 mmHg 81 mmHg; undecodable; "},
      {metric("bmi", "23", "kg/m2") + "," + metric("bmi", "24", "kg/m2"), "bmi 23 kg/m2; undecodable; "},
      {metric("water", "1", "ml") + "," + metric("water", "2", "ml"), "not-a-reading; not-a-reading; "}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.metrics) {
      CHECK(outcomes(record(row.metrics)) == row.expected);
    }
  }
}

TEST_CASE("validic: the envelope", "[adapters][validic]") {
  const auto reading = std::get<Measurement>(
      test::only(decode_validic, record(R"({"type":"pulse","value":66,"unit":"bpm","origin":"device"})")));
  CHECK(reading.record_id == "r");
  CHECK(reading.version.empty());
  CHECK(reading.subject.id == "home-17");
  CHECK(reading.device.model == "BPM");
  CHECK(reading.time.text() == "2024-05-14T06:30:00Z");
  CHECK(reading.origin == Origin::automatic);
}

TEST_CASE("validic: start times", "[adapters][validic]") {
  const auto at = [](const std::string& time) {
    return test::only(decode_validic, R"({"id":"r","start_time":)" + time +
                                          R"(,"metrics":[{"type":"pulse","value":66,"unit":"bpm"}]})");
  };
  CHECK(std::get<Measurement>(at(R"("2024-05-14T08:30:00+02:00")")).time.text() == "2024-05-14T08:30:00+02:00");
  CHECK(std::get<Measurement>(at(R"("2024-05-14T08:30:00")")).time.text() == "2024-05-14T08:30:00+02:00");
  for (const char* time : {"null", "7", R"("2024-05-14")", R"("2024-02-30T08:30:00Z")"})
    CHECK(test::outcome(at(time)) == "undecodable");
}

TEST_CASE("validic: records that are none, deleted or empty", "[adapters][validic]") {
  CHECK(outcomes(R"([null,{},{"metrics":{}}])") == "undecodable; undecodable; undecodable; ");
  CHECK(outcomes(R"([{"metrics":[]}])") == "not-a-reading; ");
  CHECK(outcomes(R"({"deleted_at":"2024-05-15T06:30:00Z","metrics":[{"type":"pulse"}]})") == "not-a-reading; ");
  const std::string none = "the document: expected a record with metrics or an array of records";
  for (const char* payload : {"{}", "1", R"({"rule_id":"r","user_id":"u"})"})
    CHECK(test::error_of(decode_validic, payload) == none);
  CHECK(test::items(decode_validic, "[]").empty());
}

TEST_CASE("validic: held metrics keep keys of their own", "[adapters][validic]") {
  const auto all = test::items(decode_validic, record(metric("a", "1", "x") + "," + metric("b", "2", "x")));
  REQUIRE(all.size() == 2);
  CHECK(std::get<Held>(all[0]).record_id == "r/0");
  CHECK(std::get<Held>(all[1]).record_id == "r/1");
  CHECK(std::get<Held>(all[1]).value == fhir::Decimal(2));
}

TEST_CASE("validic: ten thousand records, and ten thousand metrics of one, are all answered", "[adapters][validic]") {
  const std::string one = record(metric("pulse", "66", "bpm"));
  CHECK(test::items(decode_validic, "[" + test::repeated(one, 10'000) + "]").size() == 10'000);
  CHECK(test::items(decode_validic, record(test::repeated(metric("water", "1", "ml"), 10'000))).size() == 10'000);
  const std::string many = record(test::repeated("0", 200'001));
  for (const std::string& payload : {many, "[" + many + "]"})
    CHECK(test::error_of(decode_validic, payload) == "more than 200000 items in one payload");
}
