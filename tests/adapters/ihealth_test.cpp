#include "adapters/ihealth.hpp"

#include "tests/support/items.hpp"

using namespace adapters;

namespace {

std::string list(const std::string& key, const std::string& entries, const std::string& unit = "") {
  return R"({"userid":"u",")" + key + R"(":[)" + entries + "]" + (unit.empty() ? "" : "," + unit) + "}";
}

std::string entry(const std::string& members) {
  return R"({"DataID":"d","LastChangeTime":7,"MDate":1715675400,"TimeZone":"+0200",)" + members + "}";
}

}  // namespace

TEST_CASE("ihealth: units are numbers beside the list", "[adapters][ihealth]") {
  struct Row {
    const char* key;
    const char* members;
    const char* unit;
    const char* expected;  // empty: unknown-unit
  };
  const Row rows[] = {{"BPDataList", R"("HP":120,"LP":80)", R"("BPUnit":0)", "blood-pressure 120 mmHg 80 mmHg"},
                      {"BPDataList", R"("HP":16.0,"LP":10.7)", R"("BPUnit":1)", "blood-pressure 16.0 kPa 10.7 kPa"},
                      {"BPDataList", R"("HP":120,"LP":80)", R"("BPUnit":2)", ""},
                      {"BPDataList", R"("HP":120,"LP":80)", R"("BPUnit":"0")", ""},
                      {"BPDataList", R"("HP":120,"LP":80)", "", ""},
                      {"BGDataList", R"("BG":99)", R"("BGUnit":0)", "blood-glucose 99 mg/dL"},
                      {"BGDataList", R"("BG":5.5)", R"("BGUnit":1)", "blood-glucose 5.5 mmol/L"},
                      {"BGDataList", R"("BG":5.5)", R"("BGUnit":-1)", ""},
                      {"WeightDataList", R"("WeightValue":74.1)", R"("WeightUnit":0)", "body-weight 74.1 kg"},
                      {"WeightDataList", R"("WeightValue":163.4)", R"("WeightUnit":1)", "body-weight 163.4 lb"},
                      {"WeightDataList", R"("WeightValue":11.7)", R"("WeightUnit":2)", "body-weight 11.7 [stone_av]"},
                      {"WeightDataList", R"("WeightValue":11.7)", R"("WeightUnit":3)", ""},
                      {"BODataList", R"("BO":97)", "", "oxygen-saturation 97 %"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.key << " " << row.members << " " << row.unit) {
      const Item item = test::only(decode_ihealth, list(row.key, entry(row.members), row.unit));
      if (*row.expected == '\0') {
        CHECK(test::outcome(item) == "unknown-unit");
      } else {
        CHECK(test::value_text(item) == row.expected);
      }
    }
  }
}

TEST_CASE("ihealth: MDate is local time dressed as UTC", "[adapters][ihealth]") {
  const auto at = [](const std::string& times) {
    return test::only(decode_ihealth, list("BODataList", R"({"BO":97,)" + times + "}"));
  };
  struct Row {
    const char* times;
    const char* expected;  // empty: held
  };
  // 1715675400 is 08:30 on the wall.
  const Row rows[] = {{R"("MDate":1715675400,"TimeZone":"+0200")", "2024-05-14T08:30:00+02:00"},
                      {R"("MDate":1715675400,"TimeZone":"-0800")", "2024-05-14T08:30:00-08:00"},
                      {R"("MDate":1715675400,"TimeZone":"0530")", "2024-05-14T08:30:00+05:30"},
                      {R"("MDate":1715675400,"TimeZone":800)", "2024-05-14T08:30:00+08:00"},
                      {R"("MDate":1715675400,"TimeZone":-330)", "2024-05-14T08:30:00-03:30"},
                      {R"("MDate":1715675400,"TimeZone":0)", "2024-05-14T08:30:00Z"},
                      {R"("MDate":1715675400)", "2024-05-14T08:30:00+02:00"},
                      {R"("MDate":1705307400)", "2024-01-15T08:30:00+01:00"},
                      {R"("MDate":1715675400,"TimeZone":175)", ""},
                      {R"("MDate":1715675400,"TimeZone":1500)", ""},
                      {R"("MDate":1715675400,"TimeZone":"Europe/Oslo")", ""},
                      {R"("MDate":1715675400,"TimeZone":"")", ""},
                      {R"("MDate":1715675400,"TimeZone":{})", ""},
                      {R"("MDate":946684799,"TimeZone":0)", ""},
                      {R"("MDate":1715675400000,"TimeZone":0)", ""},
                      {R"("MDate":9223372036854775807,"TimeZone":0)", ""},
                      {R"("TimeZone":"+0200")", ""}};
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
  // 27 October 2024 02:30 on the wall was twice in Norway.
  CHECK(std::get<Measurement>(at(R"("MDate":1729996200)")).time_uncertain);
  CHECK_FALSE(std::get<Measurement>(at(R"("MDate":1729996200,"TimeZone":"+0100")")).time_uncertain);
}

TEST_CASE("ihealth: 0 and -1 were not measured", "[adapters][ihealth]") {
  const auto count = [](const std::string& key, const std::string& members) {
    return test::items(decode_ihealth, list(key, entry(members), R"("BPUnit":0,"WeightUnit":0)")).size();
  };
  for (const char* absent : {"0", "-1", "0.0", "\"0\"", "null"}) {
    CHECK(count("BPDataList", R"("HP":120,"LP":80,"HR":)" + std::string(absent)) == 1);
    CHECK(count("WeightDataList", R"("WeightValue":70,"BMI":)" + std::string(absent)) == 1);
  }
  CHECK(count("BPDataList", R"("HP":120,"LP":80,"HR":66)") == 2);
  CHECK(test::outcome(test::only(decode_ihealth, list("BODataList", entry(R"("BO":0)")))) == "not-a-reading");
  CHECK(test::outcome(test::only(decode_ihealth, list("BODataList", entry(R"("BO":-1)")))) == "not-a-reading");
  CHECK(test::outcome(test::only(decode_ihealth, list("BODataList", entry(R"("x":1)")))) == "undecodable");
  // A pulse that cannot be read is held, not dropped.
  CHECK(test::outcome(test::items(decode_ihealth, list("BODataList", entry(R"("BO":97,"HR":"x")")))[1]) ==
        "undecodable");
}

TEST_CASE("ihealth: the record, its version, its origin and its remarks", "[adapters][ihealth]") {
  const auto reading = [](const std::string& members) {
    return std::get<Measurement>(
        test::items(decode_ihealth, list("BPDataList", entry(R"("HP":120,"LP":80,)" + members), R"("BPUnit":0)"))[0]);
  };
  const Measurement typed = reading(R"("DataSource":"Manual","IsArr":1,"Note":"tired")");
  CHECK(typed.record_id == "d");
  CHECK(typed.version == "7");
  CHECK(typed.subject.id == "u");
  CHECK(typed.origin == Origin::manual);
  CHECK(typed.note == "tired; arrhythmia detected by the device");
  CHECK(reading(R"("DataSource":"FromDevice","IsArr":0)").origin == Origin::automatic);
  CHECK(reading(R"("DataSource":"Elsewhere","IsArr":-1)").origin == Origin::unstated);
  CHECK(reading(R"("IsArr":-1)").note.empty());
}

TEST_CASE("ihealth: what is none of its lists is an error as a whole", "[adapters][ihealth]") {
  const std::string none = "the document: expected BPDataList, BGDataList, BODataList or WeightDataList";
  for (const char* payload : {"{}", "[]", "1", R"({"SRDataList":[]})"})
    CHECK(test::error_of(decode_ihealth, payload) == none);
  CHECK(test::error_of(decode_ihealth, R"({"BPDataList":1})") == "BPDataList: expected an array");
  CHECK(test::error_of(decode_ihealth, R"({"userid":[],"BPDataList":[]})") == "userid: expected a string");
  CHECK(test::items(decode_ihealth, list("BPDataList", "")).empty());
}

TEST_CASE("ihealth: ten thousand entries are all answered", "[adapters][ihealth]") {
  CHECK(test::items(decode_ihealth, list("BODataList", test::repeated(entry(R"("BO":97)"), 10'000))).size() == 10'000);
  CHECK(test::error_of(decode_ihealth, list("BODataList", test::repeated("0", 100'000))) ==
        "more than 200000 items in one payload");
}
