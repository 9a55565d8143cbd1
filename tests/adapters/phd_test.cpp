#include "adapters/phd.hpp"

#include <catch2/catch.hpp>

#include "tests/support/decoded_json.hpp"

using namespace adapters;

namespace {

std::vector<Item> items(const std::string& payload) {
  auto decoded = test::decode(decode_phd, payload);
  REQUIRE(decoded.has_value());
  return std::move(decoded->items);
}

std::string mdc(const std::string& code) {
  return R"("code":{"coding":[{"system":"urn:iso:std:iso:11073:10101","code":")" + code + R"("}]},)";
}

std::string temperature(const std::string& more) {
  return R"({"resourceType":"Observation","status":"final",)" + mdc("150364") + more +
         R"("device":{"reference":"Device/t"},"valueQuantity":{"value":37.20,"code":"Cel"}})";
}

const std::string at_eight = R"("effectiveDateTime":"2024-05-14T08:00:00+02:00",)";
const std::string clock_reference =
    R"("extension":[{"url":"http://hl7.org/fhir/uv/phd/StructureDefinition/CoincidentTimeStampReference","valueReference":{"reference":"#c"}}],)";

std::string clock_stamp(const std::string& members) {
  return R"("contained":[{"resourceType":"Observation","id":"c",)" + members + R"("status":"final"}],)";
}

// What the device says about itself at eight, with these bits set.
std::string with_status(const std::string& code, const std::string& bits, const std::string& device = "Device/t") {
  std::string components;
  for (std::size_t start = 0; start < bits.size();) {
    const std::size_t end = std::min(bits.find(' ', start), bits.size());
    components +=
        (components.empty() ? "" : ",") + std::string(R"({"code":{"coding":[{"code":")") + code + "." +
        bits.substr(start, end - start) +
        R"("}]},"valueCodeableConcept":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0136","code":"Y"}]}})";
    start = end + 1;
  }
  return R"({"resourceType":"Bundle","type":"batch","entry":[{"resource":)" + temperature(at_eight) +
         R"(},{"resource":{"resourceType":"Observation","status":"final",)" + mdc(code) + at_eight +
         R"("device":{"reference":")" + device + R"("},"component":[)" + components + "]}}]}";
}

std::string note_of(const std::string& payload) {
  return std::get<Measurement>(items(payload).at(0)).note;
}

}  // namespace

TEST_CASE("phd: digits are the precision of the device and stay", "[adapters][phd]") {
  CHECK(std::get<Measurement>(items(temperature(at_eight)).at(0)).value.text() == "37.20");
}

TEST_CASE("phd: the clock of the device", "[adapters][phd]") {
  struct Row {
    const char* stamp;
    bool uncertain;
    const char* note;
  };
  for (const Row& row :
       {Row{R"("valueDateTime":"2024-05-14T08:54:00+02:00","effectiveDateTime":"2024-05-14T09:00:00+02:00",)", false,
            "the device's clock was 360 s behind"},
        Row{R"("valueDateTime":"2024-05-14T09:00:01+02:00","effectiveDateTime":"2024-05-14T07:00:00Z",)", false,
            "the device's clock was 1 s ahead"},
        Row{R"("valueDateTime":"2024-05-14T09:00:00+02:00","effectiveDateTime":"2024-05-14T07:00:00Z",)", false, ""},
        Row{R"("valueQuantity":{"value":100000},"effectiveDateTime":"2024-05-14T07:00:00Z",)", false, ""},
        Row{R"("dataAbsentReason":{"coding":[{"code":"unknown"}]},)", true,
            "the device's clock was changed after this was measured"}}) {
    DYNAMIC_SECTION(row.stamp) {
      const auto reading =
          std::get<Measurement>(items(temperature(at_eight + clock_reference + clock_stamp(row.stamp))).at(0));
      CHECK(reading.time_uncertain == row.uncertain);
      CHECK(reading.note == row.note);
    }
  }
}

TEST_CASE("phd: what the guide discards is held and not lost", "[adapters][phd]") {
  const auto held = std::get<Held>(
      items(temperature(clock_reference + clock_stamp(R"("dataAbsentReason":{"coding":[{"code":"unknown"}]},)") +
                        R"("issued":"2024-05-14T08:00:00+02:00",)"))
          .at(0));
  CHECK(held.reason == QuarantineReason::undecodable);
  CHECK(held.note == ": discarded by the rules of the guide, its time is of no known clock");
  CHECK(held.value == fhir::Decimal(372, 1));
}

TEST_CASE("phd: a reading carries what its device said of itself at that instant", "[adapters][phd]") {
  CHECK(note_of(with_status("150604", "0 15")) == "device status: sensor-disconnected, device-extended-update");
  CHECK(note_of(with_status("8410608", "0 5")) == "device status: body-movement, improper-body-position");
  CHECK(note_of(with_status("8417752", "5 11")) == "device status: sensor-result-too-high, sensor-temp-range");
  const auto reading = std::get<Measurement>(items(with_status("150604", "0 15")).at(0));
  REQUIRE(reading.interpretations.size() == 2);
  CHECK(reading.interpretations[0] ==
        fhir::Interpretation{"http://terminology.hl7.org/CodeSystem/ASN1ToHL7", "150604.0", "sensor-disconnected"});
  CHECK(note_of(with_status("8410608", "6 16 99 x")) == "");
  CHECK(note_of(with_status("150604", "0", "Device/other")) == "");
  CHECK(std::get<Ignored>(items(with_status("150604", "0")).at(1)).reason == IgnoreReason::not_a_reading);
}

TEST_CASE("phd: what is about the device is no reading", "[adapters][phd]") {
  for (const char* code : {"67975", "68226", "67983", "68072", "67996", "150320", "8417864", "150604"}) {
    INFO(code);
    const std::string one = R"({"resourceType":"Observation","status":"final",)" + mdc(code) + at_eight +
                            R"("valueQuantity":{"value":1,"code":"%"}})";
    CHECK(std::get<Ignored>(items(one).at(0)).reason == IgnoreReason::not_a_reading);
  }
}

TEST_CASE("phd: what is no upload is an error as a whole", "[adapters][phd]") {
  for (const char* payload : {"{}", "[]", R"({"resourceType":"Patient"})", R"({"resourceType":"Bundle","type":"x"})"})
    CHECK_FALSE(test::decode(decode_phd, payload).has_value());
  CHECK(items(R"({"resourceType":"Bundle","type":"batch"})").empty());
}

TEST_CASE("phd: ten thousand observations are all answered", "[adapters][phd]") {
  std::string entries = R"({"resource":)" + temperature(at_eight) + "}";
  for (int i = 1; i < 10'000; ++i) entries += R"(,{"resource":)" + temperature(at_eight) + "}";
  CHECK(items(R"({"resourceType":"Bundle","type":"batch","entry":[)" + entries + "]}").size() == 10'000);
}
