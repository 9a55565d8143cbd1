#include "adapters/fitbit.hpp"

#include "tests/support/items.hpp"

using namespace adapters;

namespace {

std::string log_of(const std::string& entries, const std::string& unit = R"("weightUnit":"kg",)") {
  return R"({"userid":"228S74",)" + unit + R"("weight":[)" + entries + "]}";
}

std::string entry(const std::string& members) {
  return R"({"logId":1715668200000,"date":"2024-05-14","time":"08:30:00",)" + members + "}";
}

}  // namespace

TEST_CASE("fitbit: the unit is the one that was asked for, and never guessed", "[adapters][fitbit]") {
  const auto weight = [](const std::string& unit) {
    return test::only(decode_fitbit, log_of(entry(R"("weight":125)"), unit));
  };
  CHECK(test::value_text(weight(R"("weightUnit":"kg",)")) == "body-weight 125 kg");
  CHECK(test::value_text(weight(R"("weightUnit":"lb",)")) == "body-weight 125 lb");
  CHECK(test::value_text(weight(R"("weightUnit":"stone",)")) == "body-weight 125 stone");
  // Another word is for the unit table to judge.
  CHECK(test::value_text(weight(R"("weightUnit":"en_US",)")) == "body-weight 125 en_US");
  CHECK(test::outcome(weight("")) == "unknown-unit");
  CHECK(test::outcome(weight(R"("weightUnit":null,)")) == "unknown-unit");
  CHECK(test::outcome(weight(R"("weightUnit":"",)")) == "unknown-unit");
}

TEST_CASE("fitbit: a BMI beside the weight needs no unit", "[adapters][fitbit]") {
  const auto all = test::items(decode_fitbit, log_of(entry(R"("weight":125,"bmi":21.48)"), ""));
  REQUIRE(all.size() == 2);
  CHECK(test::outcome(all[0]) == "unknown-unit");
  CHECK(test::value_text(all[1]) == "bmi 21.48 kg/m2");
  CHECK(std::get<Measurement>(all[1]).record_id == "1715668200000");
  CHECK(std::get<Measurement>(all[1]).subject.id == "228S74");
}

TEST_CASE("fitbit: date and time are the wall clock's", "[adapters][fitbit]") {
  const auto at = [](const std::string& times) {
    return test::only(decode_fitbit, log_of(R"({"weight":70,)" + times + "}"));
  };
  struct Row {
    const char* times;
    const char* expected;  // empty: held
  };
  const Row rows[] = {{R"("date":"2024-05-14","time":"08:30:00")", "2024-05-14T08:30:00+02:00"},
                      {R"("date":"2024-01-14","time":"08:30:00")", "2024-01-14T08:30:00+01:00"},
                      {R"("date":"0001-01-01","time":"12:00:00")", "0001-01-01T12:00:00+01:00"},
                      {R"("date":"2024-05-14","time":"08:30")", ""},
                      {R"("date":"2024-05-32","time":"08:30:00")", ""},
                      {R"("date":"2024-05-14","time":"24:30:00")", ""},
                      {R"("date":"2024-05-14","time":"08:30:00Z")", ""},
                      {R"("date":"2024-05-14")", ""},
                      {R"("time":"08:30:00")", ""},
                      {R"("date":20240514,"time":"08:30:00")", ""}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.times) {
      const Item item = at(row.times);
      if (*row.expected == '\0') {
        CHECK(test::outcome(item) == "undecodable");
      } else {
        CHECK(std::get<Measurement>(item).time.text() == row.expected);
      }
    }
  }
  CHECK(std::get<Measurement>(at(R"("date":"2024-10-27","time":"02:30:00")")).time_uncertain);
  CHECK_FALSE(std::get<Measurement>(at(R"("date":"2024-10-27","time":"03:30:00")")).time_uncertain);
}

TEST_CASE("fitbit: notifications carry no values", "[adapters][fitbit]") {
  const auto outcome = [](const std::string& one) { return test::outcome(test::only(decode_fitbit, "[" + one + "]")); };
  CHECK(outcome(R"({"collectionType":"body","date":"2024-05-14","ownerId":"228S74"})") == "not-a-reading");
  CHECK(outcome("{}") == "undecodable");
  CHECK(outcome("7") == "undecodable");
}

TEST_CASE("fitbit: what is neither notifications nor a log is an error as a whole", "[adapters][fitbit]") {
  const std::string none = "the document: expected notifications or a weight log";
  for (const char* payload : {"{}", "1", R"({"weight":{}})", R"({"weight":70})"})
    CHECK(test::error_of(decode_fitbit, payload) == none);
  CHECK(test::error_of(decode_fitbit, R"({"userid":[],"weight":[]})") == "userid: expected a string");
  CHECK(test::error_of(decode_fitbit, R"({"weightUnit":1,"weight":[]})") == "weightUnit: expected a string");
  CHECK(test::items(decode_fitbit, "[]").empty());
  CHECK(test::items(decode_fitbit, log_of("")).empty());
}

TEST_CASE("fitbit: ten thousand entries and notifications are all answered", "[adapters][fitbit]") {
  CHECK(test::items(decode_fitbit, log_of(test::repeated(entry(R"("weight":70)"), 10'000))).size() == 10'000);
  CHECK(test::items(decode_fitbit, "[" + test::repeated(R"({"collectionType":"body"})", 10'000) + "]").size() ==
        10'000);
  CHECK(test::error_of(decode_fitbit, log_of(test::repeated("0", 100'001))) == "more than 200000 items in one payload");
}
