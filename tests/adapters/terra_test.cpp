#include "adapters/terra.hpp"

#include "tests/support/items.hpp"

using namespace adapters;

namespace {

std::string body(const std::string& data) {
  return R"({"type":"body","user":{"user_id":"u","reference_id":"ours"},"data":[)" + data + "]}";
}

std::string saturation(const std::string& sample) {
  return R"({"oxygen_data":{"saturation_samples":[)" + sample + "]}}";
}

}  // namespace

TEST_CASE("terra: samples of the three groups", "[adapters][terra]") {
  const auto all = test::items(
      decode_terra,
      body(
          R"({"measurements_data":{"measurements":[{"measurement_time":"2024-05-14T08:32:00+02:00","weight_kg":74.10}]},
               "oxygen_data":{"saturation_samples":[{"timestamp":"2024-05-14T08:31:00+02:00","percentage":96}]},
               "blood_pressure_data":{"blood_pressure_samples":[
                 {"timestamp":"2024-05-14T08:30:00+02:00","systolic_bp":128,"diastolic_bp":81}]}})"));
  REQUIRE(all.size() == 3);
  CHECK(test::value_text(all[0]) == "blood-pressure 128 mmHg 81 mmHg");
  CHECK(test::value_text(all[1]) == "oxygen-saturation 96 %");
  CHECK(test::value_text(all[2]) == "body-weight 74.10 kg");
  CHECK(std::get<Measurement>(all[0]).subject.id == "u");
}

TEST_CASE("terra: sample times", "[adapters][terra]") {
  struct Row {
    const char* time;
    const char* expected;  // empty: held
  };
  const Row rows[] = {{R"("2024-05-14T08:30:00.000000+02:00")", "2024-05-14T08:30:00.000000+02:00"},
                      {R"("2024-05-14T06:30:00Z")", "2024-05-14T06:30:00Z"},
                      {R"("2024-05-14T08:30:00")", "2024-05-14T08:30:00+02:00"},
                      {R"("0001-01-01T00:00:00Z")", "0001-01-01T00:00:00Z"},
                      {R"("2024-05-14")", ""},
                      {R"("2024-13-14T08:30:00Z")", ""},
                      {"1715668200", ""},
                      {"null", ""}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.time) {
      const Item item =
          test::only(decode_terra, body(saturation(R"({"percentage":96,"timestamp":)" + std::string(row.time) + "}")));
      if (*row.expected == '\0') {
        CHECK(test::outcome(item) == "undecodable");
      } else {
        CHECK(std::get<Measurement>(item).time.text() == row.expected);
      }
    }
  }
}

TEST_CASE("terra: what is missing or of another type", "[adapters][terra]") {
  struct Row {
    const char* entry;
    const char* expected;
  };
  const Row rows[] = {
      {"null", "undecodable"},
      {"{}", "not-a-reading"},
      {R"({"heart_rate_data":{"summary":{"avg_hr_bpm":61}}})", "not-a-reading"},
      {R"({"oxygen_data":null})", "not-a-reading"},
      {R"({"oxygen_data":{}})", "not-a-reading"},
      {R"({"oxygen_data":7})", "undecodable"},
      {R"({"oxygen_data":{"saturation_samples":{}}})", "undecodable"},
      {R"({"oxygen_data":{"saturation_samples":[7]}})", "undecodable"},
      {R"({"oxygen_data":{"saturation_samples":[{"timestamp":"2024-05-14T08:30:00Z"}]}})", "undecodable"},
      {R"({"measurements_data":{"measurements":[{"measurement_time":"2024-05-14T08:30:00Z","BMI":22}]}})",
       "not-a-reading"},
      {R"({"blood_pressure_data":{"blood_pressure_samples":[{"timestamp":"2024-05-14T08:30:00Z","systolic_bp":1}]}})",
       "undecodable"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.entry) {
      CHECK(test::outcome(test::only(decode_terra, body(row.entry))) == row.expected);
    }
  }
}

TEST_CASE("terra: other types of body", "[adapters][terra]") {
  CHECK(test::outcome(test::only(decode_terra, R"({"type":"s3_payload","url":"x"})")) == "not-a-reading");
  for (const char* type : {"sleep", "daily", "Body", ""})
    CHECK(test::outcome(test::only(decode_terra, R"({"data":[],"type":")" + std::string(type) + "\"}")) ==
          "unknown-kind");
  CHECK(test::error_of(decode_terra, "{}") == "type: expected a string");
  CHECK(test::error_of(decode_terra, "[]") == "type: expected a string");
  CHECK(test::error_of(decode_terra, R"({"type":"body"})") == "data: expected an array");
  CHECK(test::error_of(decode_terra, R"({"type":"body","user":{"user_id":[]},"data":[]})") ==
        "user.user_id: expected a string");
  CHECK(test::items(decode_terra, body("")).empty());
}

TEST_CASE("terra: ten thousand samples, and ten thousand entries, are all answered", "[adapters][terra]") {
  const std::string sample = R"({"timestamp":"2024-05-14T08:30:00Z","percentage":96})";
  CHECK(test::items(decode_terra, body(saturation(test::repeated(sample, 10'000)))).size() == 10'000);
  CHECK(test::items(decode_terra, body(test::repeated(saturation(sample), 10'000))).size() == 10'000);
  CHECK(test::error_of(decode_terra, body(saturation(test::repeated("0", 200'001)))) ==
        "more than 200000 items in one payload");
}
