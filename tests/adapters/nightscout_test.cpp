#include "adapters/nightscout.hpp"

#include "tests/support/items.hpp"

using namespace adapters;

namespace {

std::string entry(const std::string& members) {
  return R"({"date":1715668200000,"utcOffset":120,)" + members + "}";
}

Item only(const std::string& payload) {
  return test::only(decode_nightscout, payload);
}

}  // namespace

TEST_CASE("nightscout: types and units", "[adapters][nightscout]") {
  struct Row {
    const char* members;
    const char* expected;
  };
  const Row rows[] = {{R"("type":"sgv","sgv":138)", "interstitial-glucose 138 mg/dL"},
                      {R"("type":"sgv","sgv":"138")", "interstitial-glucose 138 mg/dL"},
                      {R"("type":"mbg","mbg":142)", "blood-glucose 142 mg/dL"},
                      {R"("type":"sgv","sgv":138,"units":"mg")", "interstitial-glucose 138 mg/dL"},
                      {R"("type":"sgv","sgv":7.60,"units":"mmol")", "interstitial-glucose 7.60 mmol/L"},
                      {R"("type":"sgv","sgv":7.6,"units":"mmol/l")", "interstitial-glucose 7.6 mmol/l"},
                      // Unknown words go through to the unit table, which holds them.
                      {R"("type":"sgv","sgv":7.6,"units":"stone")", "interstitial-glucose 7.6 stone"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.members) {
      CHECK(test::value_text(only(entry(row.members))) == row.expected);
    }
  }
  CHECK(test::outcome(only(entry(R"("type":"cal")"))) == "not-a-reading");
  CHECK(test::outcome(only(entry(R"("type":"sgv","sgv":1,"isValid":false)"))) == "not-a-reading");
  CHECK(test::outcome(only(entry(R"("type":"sgv","sgv":1,"isValid":true)"))) == "measurement");
  for (const char* type : {"etc", "SGV", ""})
    CHECK(test::outcome(only(entry(R"("sgv":1,"type":")" + std::string(type) + "\""))) == "unknown-kind");
}

TEST_CASE("nightscout: dates are milliseconds since 1970, shown at the entry's offset", "[adapters][nightscout]") {
  const auto at = [](const std::string& members) { return only(R"({"type":"sgv","sgv":100,)" + members + "}"); };
  struct Row {
    const char* members;
    const char* expected;  // empty: held
  };
  const Row rows[] = {{R"("date":1715668200000)", "2024-05-14T08:30:00.000+02:00"},
                      {R"("date":1715668200123,"utcOffset":-300)", "2024-05-14T01:30:00.123-05:00"},
                      {R"("date":1715668200000,"utcOffset":0)", "2024-05-14T06:30:00.000Z"},
                      // What FHIR cannot show is the zone's.
                      {R"("date":1715668200000,"utcOffset":900)", "2024-05-14T08:30:00.000+02:00"},
                      {R"("date":1715668200000,"utcOffset":9223372036854775807)", "2024-05-14T08:30:00.000+02:00"},
                      {R"("date":1715668200000,"utcOffset":"120")", "2024-05-14T08:30:00.000+02:00"},
                      // v3's lower bound; below it are seconds and clocks never set.
                      {R"("date":946684800000,"utcOffset":0)", "2000-01-01T00:00:00.000Z"},
                      {R"("date":946684799999)", ""},
                      {R"("date":1715668200)", ""},
                      {R"("date":-1)", ""},
                      {R"("date":9223372036854775807)", ""},
                      {R"("date":1.5)", ""},
                      {R"("date":null)", ""}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.members) {
      const Item item = at(row.members);
      if (*row.expected == '\0') {
        CHECK(test::outcome(item) == "undecodable");
      } else {
        CHECK(std::get<Measurement>(item).time.text() == row.expected);
      }
    }
  }
}

TEST_CASE("nightscout: a record is its identifier, else its type and instant", "[adapters][nightscout]") {
  const auto record = [](const std::string& members) {
    return std::get<Measurement>(only(entry(members + R"(,"type":"sgv","sgv":100,"mbg":100)"))).record_id;
  };
  CHECK(record(R"("identifier":"i-1")") == "i-1");
  CHECK(record(R"("device":"x")") == "sgv/2024-05-14T06:30:00.000Z");
  CHECK(std::get<Measurement>(only(entry(R"("type":"mbg","mbg":1)"))).record_id == "mbg/2024-05-14T06:30:00.000Z");
}

TEST_CASE("nightscout: only whoever relays says whose entries they are", "[adapters][nightscout]") {
  const std::string one = entry(R"("type":"sgv","sgv":1,"device":"share2","subject":"uploader")");
  const auto subject = [](const std::string& payload) { return std::get<Measurement>(only(payload)).subject.id; };
  CHECK(subject(R"({"userid":"nora","entries":[)" + one + "]}") == "nora");
  CHECK(subject(R"({"userid":7,"entries":[)" + one + "]}") == "7");
  for (const std::string& payload : {"[" + one + "]", one, R"({"entries":[)" + one + "]}"}) {
    const auto reading = std::get<Measurement>(only(payload));
    CHECK(reading.subject.id.empty());
    CHECK(reading.device.id.empty());  // many people have a "share2"
    CHECK(reading.device.model == "share2");
  }
}

TEST_CASE("nightscout: trend and noise are remarks", "[adapters][nightscout]") {
  const auto note = [](const std::string& members) {
    return std::get<Measurement>(only(entry(R"("type":"sgv","sgv":100,)" + members))).note;
  };
  CHECK(note(R"("direction":"SingleDown","noise":3)") == "trend SingleDown; noise 3");
  CHECK(note(R"("noise":1)").empty());
}

TEST_CASE("nightscout: what stands in the place of a value", "[adapters][nightscout]") {
  const auto reading = [](const char* sgv) {
    return std::get<Measurement>(only(entry(std::string(R"("type":"sgv","sgv":)") + sgv)));
  };
  for (const char* code : {"1", "2", "3", "5", "6", "9", "10", "12"}) {
    INFO(code);
    CHECK(reading(code).absent == fhir::AbsentReason::error);
  }
  // No codes: a low glucose that may be one has to be judged.
  for (const char* value : {"4", "5.5", "13", "38"}) CHECK(reading(value).absent == fhir::AbsentReason::none);
  CHECK(reading("39").comparator == Comparator::less);
  CHECK(reading("39").value == fhir::Decimal(40));
  CHECK(reading("40").comparator == Comparator::none);
  CHECK(reading("400").comparator == Comparator::none);
  CHECK(reading("401").comparator == Comparator::greater);
  CHECK(reading("401").value == fhir::Decimal(400));
  CHECK(reading("402").comparator == Comparator::none);
  // A meter has no such codes, and a value in mmol/L is none.
  CHECK(std::get<Measurement>(only(entry(R"("type":"mbg","mbg":12)"))).absent == fhir::AbsentReason::none);
  CHECK(std::get<Measurement>(only(entry(R"("type":"sgv","sgv":5,"units":"mmol")"))).absent == fhir::AbsentReason::none);
}

TEST_CASE("nightscout: what is no list of entries is an error as a whole", "[adapters][nightscout]") {
  const std::string expected = "the document: expected an entry, an array of them, or one as entries";
  for (const char* payload : {"{}", "1", R"({"entries":{}})", R"({"entries":null})", "\"x\""})
    CHECK(test::error_of(decode_nightscout, payload) == expected);
  CHECK(test::error_of(decode_nightscout, R"({"userid":[],"entries":[]})") == "userid: expected a string");
  CHECK(test::items(decode_nightscout, "[]").empty());
}

TEST_CASE("nightscout: ten thousand entries are all answered, two hundred thousand and one are too many",
          "[adapters][nightscout]") {
  const std::string one = entry(R"("type":"sgv","sgv":100)");
  CHECK(test::items(decode_nightscout, "[" + test::repeated(one, 10'000) + "]").size() == 10'000);
  CHECK(test::error_of(decode_nightscout, "[" + test::repeated("0", 200'001) + "]") ==
        "more than 200000 items in one payload");
}
