#include "adapters/dexcom.hpp"

#include "tests/support/items.hpp"

using namespace adapters;

namespace {

std::string document(const std::string& records) {
  return R"({"recordType":"egv","recordVersion":"3.0","userId":"u","records":[)" + records + "]}";
}

Item record(const std::string& members) {
  return test::only(decode_dexcom, document(R"({"recordId":"r1",)" + members + "}"));
}

const std::string instant = R"("systemTime":"2025-02-06T09:10:00Z",)";

}  // namespace

TEST_CASE("dexcom: status and unit", "[adapters][dexcom]") {
  struct Row {
    const char* members;
    const char* expected;
  };
  const Row rows[] = {{R"("value":138,"status":"ok","unit":"mg/dL")", "interstitial-glucose 138 mg/dL"},
                      {R"("value":138,"unit":"mg/dL")", "interstitial-glucose 138 mg/dL"},
                      {R"("value":400,"status":"high","unit":"mg/dL")", "interstitial-glucose >400 mg/dL"},
                      {R"("value":2.2,"status":"low","unit":"mmol/L")", "interstitial-glucose <2.2 mmol/L"},
                      {R"("value":99,"status":"unknown","unit":"mg/dL")", "interstitial-glucose 99 mg/dL"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.members) {
      CHECK(test::value_text(record(instant + row.members)) == row.expected);
    }
  }
  for (const char* unit : {R"("unit":"unknown")", R"("unit":"")", R"("unit":null)", R"("x":1)"})
    CHECK(test::outcome(record(instant + R"("value":99,"status":"ok",)" + unit)) == "unknown-unit");
  CHECK(test::outcome(record(instant + R"("value":99,"status":"odd","unit":"mg/dL")")) == "undecodable");
  CHECK(test::outcome(record(instant + R"("value":null,"status":"ok","unit":"mg/dL")")) == "undecodable");
  // Another unit is for the unit table to judge.
  CHECK(test::value_text(record(instant + R"("value":9,"unit":"g")")) == "interstitial-glucose 9 g");
}

TEST_CASE("dexcom: the instant is systemTime, the offset displayTime's", "[adapters][dexcom]") {
  const auto at = [](const std::string& times) {
    return record(times + R"(,"value":99,"status":"ok","unit":"mg/dL")");
  };
  struct Row {
    const char* times;
    const char* expected;  // empty: held
  };
  const Row rows[] = {
      {R"("systemTime":"2025-02-06T09:10:00Z","displayTime":"2025-02-06T10:10:00+01:00")", "2025-02-06T10:10:00+01:00"},
      // The display's clock is minutes off: only its offset counts.
      {R"("systemTime":"2025-02-06T09:10:00Z","displayTime":"2025-02-06T04:17:00-05:00")", "2025-02-06T04:10:00-05:00"},
      // A receiver's record: no zone means UTC, never the source's zone.
      {R"("systemTime":"2025-02-06T09:10:00","displayTime":"2025-02-06T10:10:00")", "2025-02-06T10:10:00+01:00"},
      {R"("systemTime":"2025-07-06T09:10:00")", "2025-07-06T11:10:00+02:00"},
      {R"("systemTime":"2025-02-06T09:10:00Z","displayTime":7)", "2025-02-06T10:10:00+01:00"},
      {R"("systemTime":"0001-01-02T00:00:00Z","displayTime":"0001-01-02T00:00:00Z")", "0001-01-02T00:00:00Z"},
      {R"("systemTime":"2025-02-06")", ""},
      {R"("systemTime":"now")", ""},
      {R"("systemTime":1738833000)", ""},
      {R"("displayTime":"2025-02-06T10:10:00+01:00")", ""}};
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

TEST_CASE("dexcom: the record is the vendor's, the subject its user", "[adapters][dexcom]") {
  const auto reading = std::get<Measurement>(record(
      instant + R"("value":99,"unit":"mg/dL","transmitterId":"t1","transmitterGeneration":"g7","trend":"singleDown")"));
  CHECK(reading.record_id == "r1");
  CHECK(reading.subject.id == "u");
  CHECK(reading.device.id == "t1");
  CHECK(reading.device.model == "g7");
  CHECK(reading.note == "trend singleDown");
  CHECK(reading.origin == Origin::automatic);
}

TEST_CASE("dexcom: what is no egvs answer is an error as a whole", "[adapters][dexcom]") {
  CHECK(test::error_of(decode_dexcom, "[]") == "the document: expected an egvs answer");
  CHECK(test::error_of(decode_dexcom, R"({"records":[]})") == "recordType: expected egv");
  CHECK(test::error_of(decode_dexcom, R"({"recordType":"event","records":[]})") == "recordType: expected egv");
  CHECK(test::error_of(decode_dexcom, R"({"recordType":"egv"})") == "records: expected an array");
  CHECK(test::error_of(decode_dexcom, R"({"recordType":"egv","userId":{},"records":[]})") ==
        "userId: expected a string");
  CHECK(test::items(decode_dexcom, document("")).empty());
}

TEST_CASE("dexcom: ten thousand records are all answered", "[adapters][dexcom]") {
  const std::string one = "{" + instant + R"("value":99,"unit":"mg/dL"})";
  CHECK(test::items(decode_dexcom, document(test::repeated(one, 10'000))).size() == 10'000);
  CHECK(test::error_of(decode_dexcom, document(test::repeated("0", 200'001))) ==
        "more than 200000 items in one payload");
}
