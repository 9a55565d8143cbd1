#include "adapters/oura.hpp"

#include "tests/support/items.hpp"

using namespace adapters;

namespace {

std::string document(const std::string& samples) {
  return R"({"userid":"o-1","data":[)" + samples + R"(],"next_token":null})";
}

Item sample(const std::string& members) {
  return test::only(decode_oura, document("{" + members + "}"));
}

}  // namespace

TEST_CASE("oura: heart-rate samples", "[adapters][oura]") {
  const Item item = sample(R"("timestamp":"2024-05-14T08:30:00+02:00","bpm":61,"source":"rest")");
  CHECK(test::value_text(item) == "heart-rate 61 /min");
  const auto& reading = std::get<Measurement>(item);
  CHECK(reading.subject.id == "o-1");
  CHECK(reading.note == "rest");
  CHECK(reading.origin == Origin::automatic);
  CHECK(reading.record_id.empty());
  CHECK(test::outcome(sample(R"("timestamp":"2024-05-14T08:30:00Z","bpm":null)")) == "undecodable");
  CHECK(test::outcome(sample(R"("timestamp":"2024-05-14T08:30:00Z","bpm":61,"source":7)")) == "undecodable");
  CHECK(test::outcome(sample(R"("timestamp":"2024-05-14T08:30:00Z")")) == "undecodable");
}

TEST_CASE("oura: times", "[adapters][oura]") {
  const auto at = [](const std::string& time) { return sample(R"("bpm":61,"timestamp":)" + time); };
  CHECK(std::get<Measurement>(at(R"("2024-05-14T06:30:00.000Z")")).time.text() == "2024-05-14T06:30:00.000Z");
  CHECK(std::get<Measurement>(at(R"("2024-05-14T08:30:00")")).time.text() == "2024-05-14T08:30:00+02:00");
  for (const char* time : {"null", "1715668200", R"("2024-05-14")", R"("2024-05-14T25:00:00Z")", R"("")"})
    CHECK(test::outcome(at(time)) == "undecodable");
}

TEST_CASE("oura: webhooks carry no values", "[adapters][oura]") {
  for (const char* event : {"create", "update", "delete"})
    CHECK(test::outcome(test::only(decode_oura, R"({"event_type":")" + std::string(event) +
                                                    R"(","data_type":"daily_spo2","user_id":"u","object_id":"o"})")) ==
          "not-a-reading");
}

TEST_CASE("oura: what is neither is an error as a whole", "[adapters][oura]") {
  const std::string none = "the document: expected a webhook or a heartrate document with data";
  for (const char* payload : {"{}", "[]", "1", R"({"data":{}})", R"({"event_type":"create"})"})
    CHECK(test::error_of(decode_oura, payload) == none);
  CHECK(test::error_of(decode_oura, R"({"userid":[],"data":[]})") == "userid: expected a string");
  CHECK(test::items(decode_oura, document("")).empty());
}

TEST_CASE("oura: ten thousand samples are all answered", "[adapters][oura]") {
  const std::string one = R"({"timestamp":"2024-05-14T06:30:00Z","bpm":61})";
  CHECK(test::items(decode_oura, document(test::repeated(one, 10'000))).size() == 10'000);
  CHECK(test::error_of(decode_oura, document(test::repeated("0", 200'001))) == "more than 200000 items in one payload");
}
