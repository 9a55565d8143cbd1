#include "gateway/ingest/past.hpp"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/zones.hpp"

using namespace gateway;
using namespace gateway::ingest;

namespace {

std::string observation(const std::string& subject, const std::string& times, const std::string& value = R"("valueQuantity":{"value":93,"code":"%","unit":"%"})",
                        const std::string& loinc = "59408-5") {
  return R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":")" + loinc + R"("}]},"subject":)" +
         subject + "," + times + "," + value + "}";
}

constexpr const char* anna = R"({"reference":"Patient/anna"})";
constexpr const char* measured = R"("effectiveDateTime":"2026-01-05T08:00:00+01:00")";

struct Read {
  PastReadings past;
  std::vector<PastFault> faults;
  PastReport report;
};

Read read(const std::string& text, unsigned threads = 2) {
  Read done;
  std::istringstream in(text);
  done.report = read_past(in, std::make_shared<const test::NorwegianZone>(), threads, done.past,
                          [&](const PastFault& fault) { done.faults.push_back(fault); }, nullptr);
  return done;
}

std::string number_text(const thresholds::Past& past, std::size_t value) { return thresholds::text(past.values.at(value).value); }

}  // namespace

TEST_CASE("past: arrival is issued, else lastUpdated, else measured", "[ingest][backtest]") {
  struct Row {
    std::string name, times, arrived;
  };
  const std::vector<Row> rows{
      {"issued", std::string(measured) + R"(,"issued":"2026-01-05T09:00:00Z","meta":{"lastUpdated":"2026-01-05T10:00:00Z"})", "2026-01-05T09:00:00Z"},
      {"updated", std::string(measured) + R"(,"meta":{"lastUpdated":"2026-01-05T10:00:00Z"})", "2026-01-05T10:00:00Z"},
      {"measured", measured, "2026-01-05T07:00:00Z"},
      {"issued is no time", std::string(measured) + R"(,"issued":"soon","meta":{"lastUpdated":"2026-01-05T10:00:00Z"})", "2026-01-05T10:00:00Z"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Read done = read(observation(anna, row.times));
      REQUIRE(done.past.count() == 1);
      CHECK(fhir::utc_text(done.past.patients()[0].past.readings[0].arrived) == row.arrived);
      CHECK(fhir::utc_text(done.past.patients()[0].past.readings[0].measured) == "2026-01-05T07:00:00Z");
    }
  }
}

TEST_CASE("past: values are canonical, by kind and component; words are their place on the scale", "[ingest][backtest]") {
  const auto coded = [](const std::string& code, const std::string& quantity) {
    return R"({"code":{"coding":[{"system":"http://loinc.org","code":")" + code + R"("}]},)" + quantity + "}";
  };
  const std::string pressure = R"("component":[)" + coded("8480-6", R"("valueQuantity":{"value":132,"code":"mm[Hg]"})") + "," +
                               coded("8462-4", R"("valueQuantity":{"value":84,"code":"mm[Hg]"})") + "]";
  const Read done = read(observation(anna, measured, pressure, "85354-9") + "\n" +
                         observation(anna, measured, R"("valueQuantity":{"value":98.6,"code":"[degF]"})", "8310-5") + "\n" +
                         observation(anna, measured, R"("dataAbsentReason":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"error"}]})"));
  REQUIRE(done.faults.empty());
  const thresholds::Past& past = done.past.patients().at(0).past;
  REQUIRE(past.readings.size() == 3);
  REQUIRE(past.values.size() == 3);
  const auto& series = done.past.vocabulary().series;
  CHECK(series[past.values[0].series] == thresholds::SeriesName{"blood-pressure", "systolic"});
  CHECK(series[past.values[1].series] == thresholds::SeriesName{"blood-pressure", "diastolic"});
  CHECK(series[past.values[2].series] == thresholds::SeriesName{"body-temperature", ""});
  CHECK(past.values[2].value == thresholds::Number{370, 1});
  CHECK(number_text(past, 0) == "132");
  CHECK(past.readings[2].absent);
  CHECK(past.readings[2].value_count == 0);
}

TEST_CASE("past: numeric answers are series of their form and question, whatever its version", "[ingest][backtest]") {
  const Read done = read(
      R"({"resourceType":"QuestionnaireResponse","status":"completed","questionnaire":"http://forms/copd|2","subject":{"reference":"Patient/anna"},)"
      R"("authored":"2026-01-05T08:00:00+01:00","item":[{"linkId":"1","answer":[{"valueInteger":3}]},{"linkId":"2","item":[)"
      R"({"linkId":"2.1","answer":[{"valueCoding":{"code":"b","display":"much","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/ordinalValue","valueDecimal":2}]}}]},)"
      R"({"linkId":"2.2","answer":[{"valueBoolean":true}]},{"linkId":"2.3","answer":[{"valueString":"4"}]}]}]})");
  REQUIRE(done.faults.empty());
  const thresholds::Past& past = done.past.patients().at(0).past;
  REQUIRE(past.values.size() == 3);
  const auto& series = done.past.vocabulary().series;
  CHECK(series[past.values[0].series] == thresholds::answer_series("http://forms/copd", "1"));
  CHECK(series[past.values[1].series] == thresholds::answer_series("http://forms/copd", "2.1"));
  CHECK(series[past.values[2].series] == thresholds::answer_series("http://forms/copd", "2.2"));
  CHECK(number_text(past, 0) + number_text(past, 1) + number_text(past, 2) == "321");
}

TEST_CASE("past: what tells patients apart, and what they are called", "[ingest][backtest]") {
  const std::string number = R"({"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13116900216"}})";
  const Read done = read(observation(number, measured) + "\n" + observation(anna, measured) + "\n" +
                         observation(R"({"reference":"Patient/13116900216"})", measured) + "\n" +
                         observation(R"({"identifier":{"system":"urn:vendor","value":"u-1"}})", measured) + "\n" + observation(number, measured));
  REQUIRE(done.faults.empty());
  REQUIRE(done.past.patients().size() == 4);
  CHECK(done.past.patients()[0].name == "patient-1");
  CHECK(done.past.patients()[0].past.readings.size() == 2);
  CHECK(done.past.patients()[1].name == "Patient/anna");
  CHECK(done.past.patients()[2].name == "patient-2");
  CHECK(done.past.patients()[3].name.find("u-1") != std::string::npos);
}

TEST_CASE("past: faults are named by line in order, and hold neither value nor identifier", "[ingest][backtest]") {
  const std::string good = observation(anna, measured);
  const std::string text = "\xef\xbb\xbf" + good + "\r\n\r\n{\n" + good + "\n" +
                           observation(anna, measured, R"("valueQuantity":{"value":93,"code":"furlong"})") + "\n" +
                           observation("null", measured) + "\n" + R"({"resourceType":"Bundle","type":"collection","entry":[]})" + "\n" +
                           R"({"resourceType":"Patient","id":"anna"})" + "\n" + observation(anna, measured, R"("valueString":"x")", "1-8") + "\n" + good;
  const Read done = read(text);
  std::vector<std::uint64_t> lines;
  for (const PastFault& fault : done.faults) {
    lines.push_back(fault.line);
    CHECK(fault.text.find("anna") == std::string::npos);
    CHECK(fault.text.find("93") == std::string::npos);
  }
  CHECK(lines == std::vector<std::uint64_t>{3, 5, 6, 7});
  CHECK(done.past.count() == 3);
  CHECK(done.report.lines == 10);
  CHECK(done.report.faults == 4);
  CHECK(done.report.left_out == 2);
}

TEST_CASE("past: the order is that of the lines, over blocks and threads", "[ingest][backtest]") {
  std::string text;
  for (int i = 0; i < 12'000; ++i) {
    text += observation(R"({"reference":"Patient/)" + std::to_string(i % 7) + R"("})", measured);
    text += '\n';
    if (i % 1000 == 999) text += "{\n";
  }
  REQUIRE(text.size() > 2 * 1024 * 1024);
  const Read one = read(text, 1), four = read(text, 4);
  REQUIRE(one.past.count() == 12'000);
  REQUIRE(four.past.count() == 12'000);
  for (std::size_t patient = 0; patient < 7; ++patient) {
    const auto& left = one.past.patients()[patient];
    const auto& right = four.past.patients()[patient];
    REQUIRE(left.name == right.name);
    REQUIRE(left.past.readings.size() == right.past.readings.size());
    for (std::size_t i = 0; i < left.past.readings.size(); ++i) REQUIRE(left.past.readings[i].order == right.past.readings[i].order);
  }
  REQUIRE(four.faults.size() == 12);
  CHECK(four.faults[0].line == 1001);
  CHECK(four.faults[11].line == 12'012);
}
