#include "adapters/polar.hpp"

#include "tests/support/items.hpp"

using namespace adapters;

namespace {

std::string day(const std::string& samples) {
  return R"({"userid":475,"date":"2024-05-14","heart_rate_samples":[)" + samples + "]}";
}

}  // namespace

TEST_CASE("polar: continuous heart rate of a day", "[adapters][polar]") {
  const Item item = test::only(decode_polar, day(R"({"heart_rate":63,"sample_time":"08:30:00"})"));
  CHECK(test::value_text(item) == "heart-rate 63 /min");
  const auto& reading = std::get<Measurement>(item);
  CHECK(reading.time.text() == "2024-05-14T08:30:00+02:00");
  CHECK(reading.subject.id == "475");
  CHECK(reading.origin == Origin::automatic);
}

TEST_CASE("polar: days and samples that cannot be read", "[adapters][polar]") {
  struct Row {
    const char* days;
    const char* expected;
  };
  const Row rows[] = {
      {"null", "undecodable"},
      {"{}", "undecodable"},
      {R"({"date":"2024-05-14","heart_rate_samples":7})", "undecodable"},
      {R"({"date":"2024-05-14","heart_rate_samples":[]})", "not-a-reading"},
      {R"({"date":"2024-05-14","heart_rate_samples":[7]})", "undecodable"},
      {R"({"heart_rate_samples":[{"heart_rate":63,"sample_time":"08:30:00"}]})", "undecodable"},
      {R"({"date":"2024-05-14","heart_rate_samples":[{"heart_rate":63}]})", "undecodable"},
      {R"({"date":"2024-05-14","heart_rate_samples":[{"heart_rate":63,"sample_time":"08:30"}]})", "undecodable"},
      {R"({"date":"2024-05-14","heart_rate_samples":[{"heart_rate":63,"sample_time":"24:00:00"}]})", "undecodable"},
      {R"({"date":"14-05-2024","heart_rate_samples":[{"heart_rate":63,"sample_time":"08:30:00"}]})", "undecodable"},
      {R"({"date":"2024-05-14","heart_rate_samples":[{"heart_rate":null,"sample_time":"08:30:00"}]})", "undecodable"},
      {R"({"date":"2024-05-14","heart_rate_samples":[{"heart_rate":63,"sample_time":"08:30:00"}]})", "measurement"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.days) {
      const Item item = test::only(decode_polar, R"({"heart_rates":[)" + std::string(row.days) + "]}");
      CHECK(test::outcome(item) == row.expected);
    }
  }
}

TEST_CASE("polar: the hour that occurs twice is uncertain", "[adapters][polar]") {
  const auto at = [](const std::string& time) {
    return std::get<Measurement>(test::only(
        decode_polar,
        R"({"date":"2024-10-27","heart_rate_samples":[{"heart_rate":63,"sample_time":")" + time + R"("}]})"));
  };
  CHECK(at("02:30:00").time_uncertain);
  CHECK(at("02:30:00").time.text() == "2024-10-27T02:30:00+02:00");
  CHECK_FALSE(at("03:30:00").time_uncertain);
}

TEST_CASE("polar: webhooks carry no values, and a PING is a sign of life", "[adapters][polar]") {
  const auto outcome = [](const std::string& event) {
    return test::outcome(test::only(decode_polar, R"({"user_id":475,"event":")" + event + "\"}"));
  };
  CHECK(outcome("PING") == "heartbeat");
  for (const char* event : {"EXERCISE", "SLEEP", "CONTINUOUS_HEART_RATE", "ACTIVITY_SUMMARY", "SLEEP_WISE_ALERTNESS",
                            "SLEEP_WISE_CIRCADIAN_BEDTIME", "PHYSICAL_INFORMATION"})
    CHECK(outcome(event) == "not-a-reading");
}

TEST_CASE("polar: what is neither is an error as a whole", "[adapters][polar]") {
  const std::string none = "the document: expected a webhook or continuous heart rate";
  for (const char* payload : {"{}", "[]", "1", R"({"heart_rates":{}})", R"({"event":7})"})
    CHECK(test::error_of(decode_polar, payload) == none);
  CHECK(test::error_of(decode_polar, R"({"userid":[],"heart_rates":[]})") == "userid: expected a string");
  CHECK(test::items(decode_polar, R"({"heart_rates":[]})").empty());
}

TEST_CASE("polar: ten thousand samples are all answered", "[adapters][polar]") {
  const std::string one = R"({"heart_rate":63,"sample_time":"08:30:00"})";
  CHECK(test::items(decode_polar, day(test::repeated(one, 10'000))).size() == 10'000);
  CHECK(test::error_of(decode_polar, day(test::repeated("0", 200'001))) == "more than 200000 items in one payload");
  CHECK(test::error_of(decode_polar, R"({"heart_rates":[)" + day(test::repeated("0", 200'001)) + "]}") ==
        "more than 200000 items in one payload");
}
