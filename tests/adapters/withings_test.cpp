#include "adapters/withings.hpp"

#include <catch2/catch.hpp>

#include "tests/support/decoded_json.hpp"

using namespace adapters;

namespace {

std::vector<Item> items(const std::string& payload) {
  auto decoded = test::decode(decode_withings, payload);
  REQUIRE(decoded.has_value());
  return std::move(decoded->items);
}

std::string document(const std::string& groups, const std::string& user = R"("userid":12345,)") {
  return R"({"status":0,)" + user + R"("body":{"timezone":"Europe/Oslo","measuregrps":[)" + groups + "]}}";
}

std::string group(const std::string& measures,
                  const std::string& members = R"("attrib":0,"category":1,"date":1715668200,)") {
  return R"({"grpid":366956482,"modified":1715668230,"deviceid":"d1",)" + members + R"("measures":[)" + measures + "]}";
}

std::string weight(const std::string& value, const std::string& unit) {
  return R"({"type":1,"value":)" + value + R"(,"unit":)" + unit + "}";
}

Item only(const std::string& payload) {
  std::vector<Item> all = items(payload);
  REQUIRE(all.size() == 1);
  return all[0];
}

std::string_view reason(const Item& item) {
  if (const auto* held = std::get_if<Held>(&item)) return name(held->reason);
  if (const auto* ignored = std::get_if<Ignored>(&item)) return name(ignored->reason);
  return "measurement";
}

}  // namespace

TEST_CASE("withings: value and power of ten make an exact decimal", "[adapters][withings]") {
  struct Row {
    const char* value;
    const char* unit;
    const char* expected;  // empty: held
  };
  const Row rows[] = {{"74126", "-3", "74.126"},
                      {"741260", "-4", "74.1260"},
                      {"7", "1", "70"},
                      {"1", "0", "1"},
                      {"-5", "-1", "-0.5"},
                      {"1", "17", "100000000000000000"},
                      {"1", "19", ""},
                      {"1", "-31", ""},
                      {"1", "9223372036854775807", ""},
                      {"9223372036854775807", "0", ""},
                      {"99999999999999999999", "0", ""},
                      {"70.5", "0", ""},
                      {"\"70\"", "0", ""},
                      {"70", "\"0\"", ""},
                      {"70", "null", ""},
                      {"null", "0", ""}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.value << " * 10^" << row.unit) {
      const Item item = only(document(group(weight(row.value, row.unit))));
      if (*row.expected == '\0') {
        CHECK(reason(item) == "undecodable");
      } else {
        CHECK(std::get<Measurement>(item).value.text() == row.expected);
      }
    }
  }
}

TEST_CASE("withings: attrib says whose reading it is and who made it", "[adapters][withings]") {
  struct Row {
    const char* attrib;
    const char* outcome;
    Origin origin;
  };
  const Row rows[] = {{R"("attrib":0,)", "measurement", Origin::automatic},
                      {R"("attrib":1,)", "ambiguous-subject", Origin::unstated},
                      {R"("attrib":2,)", "measurement", Origin::manual},
                      {R"("attrib":4,)", "measurement", Origin::manual},
                      {R"("attrib":5,)", "measurement", Origin::automatic},
                      {R"("attrib":7,)", "measurement", Origin::automatic},
                      {R"("attrib":8,)", "measurement", Origin::automatic},
                      {R"("attrib":15,)", "measurement", Origin::automatic},
                      {R"("attrib":17,)", "ambiguous-subject", Origin::unstated},
                      {R"("attrib":"0",)", "ambiguous-subject", Origin::unstated},
                      {"", "measurement", Origin::unstated}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.attrib) {
      const Item item =
          only(document(group(weight("70", "0"), std::string(row.attrib) + R"("category":1,"date":1715668200,)")));
      CHECK(reason(item) == row.outcome);
      if (const auto* reading = std::get_if<Measurement>(&item)) CHECK(reading->origin == row.origin);
      if (const auto* held = std::get_if<Held>(&item)) CHECK(held->value == fhir::Decimal(70));
    }
  }
}

TEST_CASE("withings: a notification is a hint and no reading", "[adapters][withings]") {
  for (const char* form : {"userid=12345&appli=4&startdate=1715668200&enddate=1715668201", "appli=46&userid=1&action=delete"}) {
    INFO(form);
    const Item item = only(form);
    CHECK(reason(item) == "not-a-reading");
    CHECK(std::get<Ignored>(item).note == "a notification, to be pulled");
  }
  for (const char* none : {"appli=4", "", "xuserid=1", "userid=1 2", "{\"a\":\"&userid=1\"}", "userid=\xc3\xa5"}) {
    INFO(none);
    CHECK_FALSE(test::decode(decode_withings, none).has_value());
  }
}

TEST_CASE("withings: types", "[adapters][withings]") {
  const auto of_type = [](int type) {
    return only(document(group(R"({"type":)" + std::to_string(type) + R"(,"value":50,"unit":0})")));
  };
  struct Supported {
    int type;
    std::string_view kind, unit;
  };
  // 11 is the pulse of a cuff or scale, not a heart rate.
  for (const Supported& row : {Supported{1, "body-weight", "kg"},
                               {4, "body-height", "m"},
                               {6, "body-fat", "%"},
                               {11, "pulse-rate", "/min"},
                               {54, "oxygen-saturation", "%"},
                               {71, "body-temperature", "Cel"}}) {
    const auto reading = std::get<Measurement>(of_type(row.type));
    CHECK(fhir::info(reading.kind).name == row.kind);
    CHECK(reading.unit == row.unit);
  }
  // 12 and 73 are temperatures, but not said to be the body's.
  for (const int type : {5, 8, 12, 73, 76, 77, 88, 91, 123, 130, 135, 139, 155, 167, 170, 175, 226, 229})
    CHECK(reason(of_type(type)) == "not-a-reading");
  for (const int type : {0, -1, 18, 255, 256, 100000}) CHECK(reason(of_type(type)) == "unknown-kind");
}

TEST_CASE("withings: a blood pressure stands at the first of its halves and needs both", "[adapters][withings]") {
  const std::string systolic = R"({"type":10,"value":128,"unit":0})", diastolic = R"({"type":9,"value":81,"unit":0})";
  const auto kinds_of = [](const std::string& measures) {
    std::string all;
    for (const Item& item : items(document(group(measures)))) {
      if (const auto* reading = std::get_if<Measurement>(&item)) {
        all += std::string(fhir::info(reading->kind).name) + " ";
      } else {
        all += std::string(reason(item)) + " ";
      }
    }
    return all;
  };
  CHECK(kinds_of(systolic + "," + diastolic + "," + weight("70", "0")) == "blood-pressure body-weight ");
  CHECK(kinds_of(diastolic + "," + weight("70", "0") + "," + systolic) == "blood-pressure body-weight ");
  CHECK(kinds_of(weight("70", "0") + "," + systolic + "," + diastolic) == "body-weight blood-pressure ");
  CHECK(kinds_of(systolic) == "undecodable ");
  CHECK(kinds_of(diastolic) == "undecodable ");
  CHECK(kinds_of(systolic + "," + systolic + "," + diastolic) == "blood-pressure undecodable ");

  const auto pressure = std::get<Measurement>(items(document(group(diastolic + "," + systolic)))[0]);
  REQUIRE(pressure.components.size() == 2);
  CHECK(pressure.components[0].kind == fhir::kinds().systolic);
  CHECK(pressure.components[0].value == fhir::Decimal(128));
}

TEST_CASE("withings: several measures without a kind keep keys of their own", "[adapters][withings]") {
  const auto all =
      items(document(group(weight("70", "0") + "," + weight("71", "0") + R"(,{"type":18,"value":1,"unit":0})")));
  REQUIRE(all.size() == 3);
  CHECK(std::get<Measurement>(all[0]).record_id == "366956482");
  CHECK(std::get<Held>(all[1]).record_id == "366956482/1");
  CHECK(std::get<Held>(all[2]).record_id == "366956482/2");
}

TEST_CASE("withings: goals are never readings, whatever else they are", "[adapters][withings]") {
  const std::string goal = R"("attrib":1,"category":2,)";
  for (const Item& item : items(document(group(weight("70", "0") + R"(,{"type":18},7)", goal))))
    CHECK(reason(item) == "goal-not-reading");
  CHECK(reason(only(document(group(weight("70", "0"), R"("attrib":0,"category":3,"date":1715668200,)")))) ==
        "undecodable");
  CHECK(reason(only(document(group(weight("70", "0"), R"("attrib":0,"date":1715668200,)")))) == "measurement");
}

TEST_CASE("withings: the subject is who the document was pulled for, else the device", "[adapters][withings]") {
  const auto subject = [](const std::string& payload) { return std::get<Measurement>(only(payload)).subject.id; };
  const std::string one = group(weight("70", "0"));
  CHECK(subject(document(one)) == "12345");
  CHECK(subject(document(one, R"("userid":"u-1",)")) == "u-1");
  CHECK(subject(document(one, "")) == "d1");
  CHECK(subject(R"({"userid":1,"body":{"userid":2,"measuregrps":[)" + one + "]}}") == "1");
  CHECK(subject(R"({"body":{"userid":2,"measuregrps":[)" + one + "]}}") == "2");
}

TEST_CASE("withings: dates", "[adapters][withings]") {
  const auto at = [](const std::string& date) {
    return only(document(group(weight("70", "0"), R"("attrib":0,"category":1,"date":)" + date + ",")));
  };
  // The zone is the source's: body.timezone says where the account is.
  CHECK(std::get<Measurement>(at("1715668200")).time.text() == "2024-05-14T08:30:00+02:00");
  CHECK(std::get<Measurement>(at("-86400")).time.text() == "1969-12-31T01:00:00+01:00");
  for (const char* date : {"9223372036854775807", "-9223372036854775808", "99999999999999999999", "253402300800", "1.5",
                           "\"now\"", "null"})
    CHECK(reason(at(date)) == "undecodable");
}

TEST_CASE("withings: what is no getmeas answer is an error as a whole", "[adapters][withings]") {
  struct Row {
    const char* payload;
    const char* error;
  };
  for (const Row& row :
       {Row{"[]", "the document: expected a getmeas answer"},
        Row{R"({"status":601,"body":{}})", "status: not 0, so this is an error of Withings and no measurements"},
        Row{R"({"status":"0","body":{}})", "status: expected an integer"},
        Row{R"({"status":0})", "body: expected an object"},
        Row{R"({"status":0,"body":{}})", "body.measuregrps: expected an array"},
        Row{R"({"userid":[],"body":{"measuregrps":[]}})", "userid: expected a string"}}) {
    DYNAMIC_SECTION(row.payload) {
      const auto decoded = test::decode(decode_withings, row.payload);
      REQUIRE_FALSE(decoded.has_value());
      CHECK(decoded.error().detail == row.error);
    }
  }
  CHECK(items(document("")).empty());
}

TEST_CASE("withings: ten thousand groups, and ten thousand measures in one, are all answered", "[adapters][withings]") {
  std::string groups = group(weight("70", "0"));
  std::string measures = weight("70", "0");
  for (int i = 1; i < 10'000; ++i) {
    groups += "," + group(weight("70", "0"));
    measures += R"(,{"type":5,"value":1,"unit":0})";
  }
  CHECK(items(document(groups)).size() == 10'000);
  CHECK(items(document(group(measures))).size() == 10'000);
}
