#include "adapters/open_mhealth.hpp"

#include <catch2/catch.hpp>

#include "fhir/units.hpp"
#include "tests/support/decoded_json.hpp"

using namespace adapters;

namespace {

std::vector<Item> items(const std::string& payload) {
  auto decoded = test::decode(decode_open_mhealth, payload);
  REQUIRE(decoded.has_value());
  return std::move(decoded->items);
}

std::string_view outcome(const Item& item) {
  if (const auto* held = std::get_if<Held>(&item)) return name(held->reason);
  if (const auto* ignored = std::get_if<Ignored>(&item)) return name(ignored->reason);
  return "measurement";
}

const std::string at_eight = R"("effective_time_frame":{"date_time":"2024-05-14T08:00:00+02:00"})";

std::string point(const std::string& schema, const std::string& body,
                  const std::string& header = R"("id":"1","user_id":"u",)") {
  return R"({"header":{)" + header + R"("schema_id":{"namespace":"omh","name":")" + schema + R"("}},"body":{)" + body +
         "}}";
}

std::string weight(const std::string& value, const std::string& time = at_eight) {
  return point("body-weight", R"("body_weight":)" + value + "," + time);
}

}  // namespace

TEST_CASE("open-mhealth: values and units, each it knows and one it does not", "[adapters][open-mhealth]") {
  struct Row {
    const char* unit;
    const char* ucum;
  };
  for (const Row& row :
       {Row{"kg", "kg"}, Row{"g", "g"}, Row{"lb", "[lb_av]"}, Row{"oz", "[oz_av]"}, Row{"firkin", ""}}) {
    const auto reading =
        std::get<Measurement>(items(weight(R"({"value":70.50,"unit":")" + std::string(row.unit) + "\"}")).at(0));
    CHECK(reading.value.text() == "70.50");
    CHECK(fhir::ucum_code(reading.unit, reading.kind) == row.ucum);
  }
  CHECK(outcome(items(weight(R"({"value":70})")).at(0)) == "unknown-unit");
  for (const char* value :
       {"70", "null", "[]", R"({"unit":"kg"})", R"({"value":"70","unit":"kg"})", R"({"value":70,"unit":1})"}) {
    INFO(value);
    CHECK(outcome(items(weight(value)).at(0)) == "undecodable");
  }
}

TEST_CASE("open-mhealth: times", "[adapters][open-mhealth]") {
  const auto at = [](const std::string& frame) {
    return items(weight(R"({"value":70,"unit":"kg"})", R"("effective_time_frame":)" + frame)).at(0);
  };
  const auto text = [&](const std::string& frame) { return std::get<Measurement>(at(frame)).time.text(); };
  CHECK(text(R"({"time_interval":{"start_date_time":"2024-05-14T08:00:00Z","duration":{"value":1,"unit":"h"}}})") ==
        "2024-05-14T08:00:00Z");
  CHECK(text(R"({"time_interval":{"end_date_time":"2024-05-14T08:00:00Z"}})") == "2024-05-14T08:00:00Z");
  CHECK(text(R"({"date_time":"2024-05-14T08:00:00"})") == "2024-05-14T08:00:00+02:00");
  for (const char* frame : {"{}", "7", R"({"date_time":7})", R"({"date_time":"2024-05-14"})",
                            R"({"time_interval":{"date":"2024-05-14","part_of_day":"morning"}})"})
    CHECK(outcome(at(frame)) == "undecodable");
}

TEST_CASE("open-mhealth: glucose of plasma is not filed as that of blood", "[adapters][open-mhealth]") {
  CHECK(outcome(items(point("blood-glucose",
                            R"("blood_glucose":{"value":6,"unit":"mmol/L"},"specimen_source":"plasma",)" + at_eight))
                    .at(0)) == "unknown-kind");
}

TEST_CASE("open-mhealth: a statistic is never a reading", "[adapters][open-mhealth]") {
  for (const char* statistic : {"\"average\"", "\"maximum\"", "\"anything\"", "1"})
    CHECK(outcome(items(point("heart-rate", R"("heart_rate":{"value":66,"unit":"beats/min"},"descriptive_statistic":)" +
                                                std::string(statistic) + "," + at_eight))
                      .at(0)) == "not-a-reading");
}

TEST_CASE("open-mhealth: whose it is and how it was made", "[adapters][open-mhealth]") {
  const auto of = [](const std::string& header) {
    return std::get<Measurement>(
        items(point("body-weight", R"("body_weight":{"value":70,"unit":"kg"},)" + at_eight, header)).at(0));
  };
  CHECK(of(R"("id":"a","user_id":"u",)").subject.id == "u");
  CHECK(of(R"("uuid":"b",)").record_id == "b");
  CHECK(of(R"("acquisition_provenance":{"modality":"self-reported"},)").origin == Origin::manual);
  CHECK(of(R"("modality":"sensed",)").origin == Origin::automatic);
  CHECK(of("").origin == Origin::unstated);
}

TEST_CASE("open-mhealth: what is no data point is an error as a whole", "[adapters][open-mhealth]") {
  for (const char* payload : {"{}", "7", R"({"body_weight":{"value":70,"unit":"kg"}})"})
    CHECK_FALSE(test::decode(decode_open_mhealth, payload).has_value());
  CHECK(items("[]").empty());
}

TEST_CASE("open-mhealth: ten thousand points are all answered", "[adapters][open-mhealth]") {
  std::string points = weight(R"({"value":70,"unit":"kg"})");
  for (int i = 1; i < 10'000; ++i) points += "," + weight(R"({"value":70,"unit":"kg"})");
  CHECK(items("[" + points + "]").size() == 10'000);
}
