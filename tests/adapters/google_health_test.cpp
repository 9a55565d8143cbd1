#include "adapters/google_health.hpp"

#include "tests/support/items.hpp"

using namespace adapters;

namespace {

std::string document(const std::string& points) {
  return R"({"userid":"u1","dataPoints":[)" + points + R"(],"nextPageToken":""})";
}

std::string point(const std::string& type, const std::string& members) {
  return "{\"" + type + R"(":{"sampleTime":{"physicalTime":"2026-04-01T06:00:00Z","utcOffset":"7200s"},)" + members +
         "}}";
}

}  // namespace

TEST_CASE("google-health: samples", "[adapters][google-health]") {
  struct Row {
    const char* type;
    const char* members;
    const char* expected;
  };
  const Row rows[] = {{"weight", R"("weightGrams":74100)", "body-weight 74100 g"},
                      {"weight", R"("weightGrams":74100.5)", "body-weight 74100.5 g"},
                      {"bodyFat", R"("percentage":21.4)", "body-fat 21.4 %"},
                      {"bloodGlucose", R"("bloodGlucoseMilligramsPerDeciliter":99)", "blood-glucose 99 mg/dL"},
                      {"heartRate", R"("beatsPerMinute":"61")", "heart-rate 61 /min"},
                      {"oxygenSaturation", R"("percentage":96.5)", "oxygen-saturation 96.5 %"},
                      {"coreBodyTemperature", R"("temperatureCelsius":37.2)", "body-temperature 37.2 Cel"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.type << " " << row.members) {
      const Item item = test::only(decode_google_health, document(point(row.type, row.members)));
      CHECK(test::value_text(item) == row.expected);
      CHECK(std::get<Measurement>(item).time.text() == "2026-04-01T08:00:00+02:00");
      CHECK(std::get<Measurement>(item).subject.id == "u1");
    }
    DYNAMIC_SECTION(row.type << " without value") {
      CHECK(test::outcome(test::only(decode_google_health, document(point(row.type, R"("x":1)")))) == "undecodable");
    }
  }
}

TEST_CASE("google-health: times", "[adapters][google-health]") {
  const auto at = [](const std::string& sample_time) {
    return test::only(decode_google_health,
                      document(R"({"weight":{"weightGrams":1,"sampleTime":)" + sample_time + "}}"));
  };
  struct Row {
    const char* sample_time;
    const char* expected;  // empty: held
  };
  const Row rows[] = {{R"({"physicalTime":"2026-04-01T06:00:00Z","utcOffset":"-18000s"})", "2026-04-01T01:00:00-05:00"},
                      {R"({"physicalTime":"2026-04-01T06:00:00.125Z","utcOffset":"0s"})", "2026-04-01T06:00:00.125Z"},
                      {R"({"physicalTime":"2026-04-01T06:00:00Z"})", "2026-04-01T06:00:00Z"},
                      // An offset that cannot be read changes only how the time is shown.
                      {R"({"physicalTime":"2026-04-01T06:00:00Z","utcOffset":"90000s"})", "2026-04-01T06:00:00Z"},
                      {R"({"physicalTime":"2026-04-01T06:00:00Z","utcOffset":"59s"})", "2026-04-01T06:00:00Z"},
                      {R"({"physicalTime":"2026-04-01T06:00:00Z","utcOffset":7200})", "2026-04-01T06:00:00Z"},
                      {R"({"physicalTime":"2026-04-01T06:00:00Z","utcOffset":"s"})", "2026-04-01T06:00:00Z"},
                      {R"({"physicalTime":"2026-04-01"})", ""},
                      {R"({"physicalTime":1775023200})", ""},
                      {R"({"utcOffset":"7200s"})", ""},
                      {"7", ""},
                      {"null", ""}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.sample_time) {
      const Item item = at(row.sample_time);
      if (*row.expected == '\0') {
        CHECK(test::outcome(item) == "undecodable");
      } else {
        CHECK(std::get<Measurement>(item).time.text() == row.expected);
      }
    }
  }
}

TEST_CASE("google-health: other types, and points that are none", "[adapters][google-health]") {
  const auto outcome = [](const std::string& one) {
    return test::outcome(test::only(decode_google_health, document(one)));
  };
  CHECK(outcome(R"({"dailyRestingHeartRate":{"date":{},"beatsPerMinute":58}})") == "not-a-reading");
  CHECK(outcome("{}") == "not-a-reading");
  CHECK(outcome("7") == "undecodable");
  CHECK(outcome(R"({"weight":7})") == "undecodable");
}

TEST_CASE("google-health: notifications and the verification carry no values", "[adapters][google-health]") {
  const auto outcome = [](const std::string& payload) {
    return test::outcome(test::only(decode_google_health, payload));
  };
  CHECK(outcome(R"([{"data":{"healthUserId":"u1","operation":"UPSERT","dataType":"weight"}}])") == "not-a-reading");
  CHECK(outcome("[{}]") == "undecodable");
  CHECK(outcome("[7]") == "undecodable");
  CHECK(outcome(R"({"type":"verification"})") == "heartbeat");
}

TEST_CASE("google-health: what is neither is an error as a whole", "[adapters][google-health]") {
  const std::string none = "the document: expected notifications or dataPoints";
  for (const char* payload : {"{}", "1", R"({"dataPoints":{}})", R"({"type":"other"})"})
    CHECK(test::error_of(decode_google_health, payload) == none);
  CHECK(test::error_of(decode_google_health, R"({"userid":[],"dataPoints":[]})") == "userid: expected a string");
  CHECK(test::items(decode_google_health, document("")).empty());
}

TEST_CASE("google-health: ten thousand points are all answered", "[adapters][google-health]") {
  CHECK(test::items(decode_google_health, document(test::repeated(point("weight", R"("weightGrams":1)"), 10'000)))
            .size() == 10'000);
  for (const std::string& payload : {document(test::repeated("0", 200'001)), "[" + test::repeated("0", 200'001) + "]"})
    CHECK(test::error_of(decode_google_health, payload) == "more than 200000 items in one payload");
}
