#include "adapters/garmin.hpp"

#include "tests/support/items.hpp"

using namespace adapters;

namespace {

std::string push(const std::string& list, const std::string& members) {
  return "{\"" + list + R"(":[{"userId":"g1","summaryId":"x",)" + members + "}]}";
}

const std::string measured = R"("measurementTimeInSeconds":1715668200,"measurementTimeOffsetInSeconds":7200,)";
const std::string started = R"("startTimeInSeconds":1715637600,"startTimeOffsetInSeconds":7200,)";

std::string outcomes(const std::string& payload) {
  std::string all;
  for (const Item& item : test::items(decode_garmin, payload))
    all += std::holds_alternative<Measurement>(item) ? test::value_text(item) + "; "
                                                     : std::string(test::outcome(item)) + "; ";
  return all;
}

}  // namespace

TEST_CASE("garmin: the lists that hold readings", "[adapters][garmin]") {
  struct Row {
    const char* list;
    std::string members;
    const char* expected;
  };
  const Row rows[] = {
      {"bloodPressures", measured + R"("systolic":128,"diastolic":81)", "blood-pressure 128 mmHg 81 mmHg; "},
      {"bloodPressures", measured + R"("systolic":128,"diastolic":81,"pulse":66)",
       "blood-pressure 128 mmHg 81 mmHg; pulse-rate 66 /min; "},
      {"bloodPressures", measured + R"("systolic":128,"pulse":66)", "undecodable; pulse-rate 66 /min; "},
      {"bodyComps", measured + R"("weightInGrams":74100)", "body-weight 74100 g; "},
      {"bodyComps", measured + R"("weightInGrams":1,"bodyFatInPercent":21.4,"bodyMassIndex":23,"muscleMassInGrams":3)",
       "body-weight 1 g; body-fat 21.4 %; bmi 23 kg/m2; not-a-reading; "},
      {"dailies", started + R"("steps":4210)", "steps 4210 {steps}; "},
      {"dailies", started + R"("timeOffsetHeartRateSamples":{"15":75,"30":76})",
       "heart-rate 75 /min; heart-rate 76 /min; "},
      {"dailies", started + R"("restingHeartRateInBeatsPerMinute":58,"maxHeartRateInBeatsPerMinute":158)",
       "not-a-reading; not-a-reading; "},
      {"dailies", started + R"("distanceInMeters":3)", "not-a-reading; "},
      {"pulseox", started + R"("timeOffsetSpo2Values":{"0":97},"avgSpo2":96)",
       "oxygen-saturation 97 %; not-a-reading; "},
      {"allDayRespiration", started + R"("timeOffsetEpochToBreaths":{"0":14.63})", "respiratory-rate 14.63 /min; "},
      {"allDayRespiration", started + R"("timeOffsetEpochToBreaths":{})", "not-a-reading; "},
      {"allDayRespiration", started + R"("timeOffsetEpochToBreaths":[14])", "undecodable; "},
      {"pulseox", R"("callbackURL":"https://garmin.example/1")", "not-a-reading; "}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.list << " " << row.members) {
      CHECK(outcomes(push(row.list, row.members)) == row.expected);
    }
  }
}

TEST_CASE("garmin: a sample is so many seconds after the start, and a record of its own", "[adapters][garmin]") {
  const auto sample = [](const std::string& key) {
    return test::only(decode_garmin, push("pulseox", started + R"("timeOffsetSpo2Values":{")" + key + R"(":97})"));
  };
  const auto later = std::get<Measurement>(sample("3600"));
  CHECK(later.time.text() == "2024-05-14T01:00:00+02:00");
  CHECK(later.record_id == "x/3600");
  CHECK(later.correlation == "x");
  CHECK(std::get<Measurement>(sample("0")).time.text() == "2024-05-14T00:00:00+02:00");
  for (const char* key : {"", "soon", "-1", "1.5", " 1", "172801", "99999999999999999999"}) {
    INFO(key);
    const Item item = sample(key);
    CHECK(test::outcome(item) == "undecodable");
    CHECK_FALSE(std::get<Held>(item).time.has_value());
    CHECK(std::get<Held>(item).record_id == "x/#0");
  }
}

TEST_CASE("garmin: times", "[adapters][garmin]") {
  const auto at = [](const std::string& times) {
    return test::only(decode_garmin, push("bodyComps", times + R"("weightInGrams":74100)"));
  };
  struct Row {
    const char* times;
    const char* expected;  // empty: held
  };
  const Row rows[] = {
      {R"("measurementTimeInSeconds":1715668200,"measurementTimeOffsetInSeconds":7200,)", "2024-05-14T08:30:00+02:00"},
      {R"("measurementTimeInSeconds":1715668200,"measurementTimeOffsetInSeconds":-18000,)",
       "2024-05-14T01:30:00-05:00"},
      {R"("measurementTimeInSeconds":1715668200,)", "2024-05-14T08:30:00+02:00"},
      {R"("measurementTimeInSeconds":1715668200,"measurementTimeOffsetInSeconds":90000,)", "2024-05-14T08:30:00+02:00"},
      {R"("measurementTimeInSeconds":1715668200,"measurementTimeOffsetInSeconds":59,)", "2024-05-14T08:30:00+02:00"},
      {R"("measurementTimeInSeconds":1715668200000,)", ""},
      {R"("measurementTimeInSeconds":0,)", ""},
      {R"("measurementTimeInSeconds":"1715668200",)", ""},
      {"", ""}};
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
}

TEST_CASE("garmin: whose it is and who measured", "[adapters][garmin]") {
  const auto reading = [](const std::string& members) {
    return std::get<Measurement>(
        test::only(decode_garmin, push("bodyComps", measured + R"("weightInGrams":74100)" + members)));
  };
  CHECK(reading("").subject.id == "g1");
  CHECK(reading("").record_id == "x");
  CHECK(reading("").origin == Origin::unstated);
  CHECK(reading(R"(,"sourceType":"DEVICE")").origin == Origin::automatic);
  CHECK(reading(R"(,"sourceType":"MANUAL")").origin == Origin::manual);
}

TEST_CASE("garmin: lists without readings, and unknown ones", "[adapters][garmin]") {
  CHECK(outcomes(R"({"sleeps":[{},7],"hrv":[],"deregistrations":[{}]})") ==
        "not-a-reading; not-a-reading; not-a-reading; ");
  CHECK(outcomes(R"({"moodLogs":[{},{}]})") == "unknown-kind; ");
  CHECK(outcomes(R"({"moodLogs":[],"dailies":[]})").empty());
  const std::string none = "the document: expected an object with lists of summaries";
  for (const char* payload : {"{}", "[]", "1", R"({"dailies":{}})", R"({"x":1})"})
    CHECK(test::error_of(decode_garmin, payload) == none);
  CHECK(test::error_of(decode_garmin, R"({"dailies":{},"sleeps":[]})") == "dailies: expected an array");
}

TEST_CASE("garmin: ten thousand summaries, and ten thousand samples of one, are all answered", "[adapters][garmin]") {
  const std::string one = "{" + measured + R"("weightInGrams":74100})";
  CHECK(test::items(decode_garmin, R"({"bodyComps":[)" + test::repeated(one, 10'000) + "]}").size() == 10'000);
  std::string samples = R"("0":60)";
  for (int i = 1; i < 10'000; ++i) samples += ",\"" + std::to_string(i) + "\":60";
  CHECK(test::items(decode_garmin, push("dailies", started + R"("timeOffsetHeartRateSamples":{)" + samples + "}"))
            .size() == 10'000);
  CHECK(test::error_of(decode_garmin, R"({"sleeps":[)" + test::repeated("0", 200'001) + "]}") ==
        "more than 200000 items in one payload");
}
