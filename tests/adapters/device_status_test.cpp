#include "adapters/device_status.hpp"

#include <catch2/catch.hpp>

using namespace adapters;

TEST_CASE("device status: every listed bit is a coding, any other text is none", "[adapters][quality]") {
  struct Row {
    const char* code;
    const char* display;  // null: not listed
  };
  const Row rows[] = {
      {"8410608.0", "body-movement"},
      {"8410608.2", "irregular-pulse"},
      {"8410608.5", "improper-body-position"},
      {"8410608.6", nullptr},
      {"150604.0", "sensor-disconnected"},
      {"150604.11", "signal-poor"},
      {"150604.15", "device-extended-update"},
      {"150604.16", nullptr},
      {"8417752.5", "sensor-result-too-high"},
      {"8417752.11", "sensor-temp-range"},
      {"8417752.12", nullptr},
      {"8417752.011", nullptr},
      {"8417752.", nullptr},
      {"8417752", nullptr},
      {"8417752.-1", nullptr},
      {"150604.99999999999999999999", nullptr},
      {"", nullptr},
  };
  for (const Row& row : rows) {
    INFO(row.code);
    const auto bit = status_bit(row.code);
    REQUIRE(bit.has_value() == (row.display != nullptr));
    if (!bit) continue;
    CHECK(bit->system == "http://terminology.hl7.org/CodeSystem/ASN1ToHL7");
    CHECK(bit->code == row.code);
    CHECK(bit->display == row.display);
  }
  int listed = 0;
  for (const char* string : {"8410608", "150604", "8417752"}) {
    CHECK(is_device_status(string));
    for (int bit = 0; bit < 16; ++bit) listed += status_bit(std::string(string) + "." + std::to_string(bit)).has_value();
  }
  CHECK(listed == 6 + 16 + 12);
  CHECK_FALSE(is_device_status("150456"));
}

TEST_CASE("measurement status: value, doubt or test, by HL7's table", "[adapters][quality]") {
  struct Row {
    const char* word;
    const char* interpretation;
    fhir::AbsentReason absent;
    bool test;
  };
  using fhir::AbsentReason;
  const Row rows[] = {
      {"invalid", "", AbsentReason::error, false},
      {"questionable", "questionable", AbsentReason::none, false},
      {"not-available", "", AbsentReason::not_performed, false},
      {"calibration-ongoing", "calibration-ongoing", AbsentReason::none, false},
      {"test-data", "", AbsentReason::none, true},
      {"demo-data", "", AbsentReason::none, true},
      {"validated-data", "validated-data", AbsentReason::none, false},
      {"early-indication", "early-indication", AbsentReason::none, false},
      {"msmt-ongoing", "msmt-ongoing", AbsentReason::temp_unknown, false},
      {"msmt-state-in-alarm", "in-alarm", AbsentReason::none, false},
      {"in-alarm", "in-alarm", AbsentReason::none, false},
      {"alarm-inhibited", "alarm-inhibited", AbsentReason::none, false},
  };
  for (const Row& row : rows) {
    INFO(row.word);
    const auto meaning = measurement_status(row.word);
    REQUIRE(meaning);
    CHECK((meaning->interpretation ? meaning->interpretation->code : "") == row.interpretation);
    CHECK(meaning->absent == row.absent);
    CHECK(meaning->test == row.test);
  }
  CHECK_FALSE(measurement_status("fine"));
  CHECK_FALSE(measurement_status(""));
}

TEST_CASE("interpretations: each once, and a flood is cut off", "[adapters][quality]") {
  Measurement reading;
  add_interpretation(reading, {"s", "a", ""});
  add_interpretation(reading, {"s", "a", "again"});
  CHECK(reading.interpretations.size() == 1);
  for (int i = 0; i < 1000; ++i) add_interpretation(reading, {"s", std::to_string(i), ""});
  CHECK(reading.interpretations.size() == 24);
}
