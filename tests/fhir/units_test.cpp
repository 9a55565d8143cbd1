#include "fhir/units.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace fhir;

namespace {
Decimal decimal(const char* text) {
  return Decimal::parse(text).value();
}
}  // namespace

TEST_CASE("units: what vendors write becomes UCUM", "[units]") {
  struct Row {
    const char *sent, *kind, *ucum;
  };
  const auto row = GENERATE(values<Row>({
      {"mm[Hg]", "blood-pressure", "mm[Hg]"},
      {"mmHg", "systolic", "mm[Hg]"},
      {"mm Hg", "diastolic", "mm[Hg]"},
      {"kPa", "systolic", "kPa"},
      {"%", "oxygen-saturation", "%"},
      {"percent", "oxygen-saturation", "%"},
      {"bpm", "heart-rate", "/min"},
      {"beat/min", "pulse-rate", "/min"},
      {"{beat}/min", "pulse-rate", "/min"},
      {"beats/min", "heart-rate", "/min"},
      {"slag/min", "heart-rate", "/min"},
      {"breaths/min", "respiratory-rate", "/min"},
      {"rpm", "respiratory-rate", "/min"},
      {"Cel", "body-temperature", "Cel"},
      {"C", "body-temperature", "Cel"},
      {"\u00b0C", "body-temperature", "Cel"},
      {"F", "body-temperature", "[degF]"},
      {"K", "body-temperature", "K"},
      {"Kilo", "body-weight", "kg"},
      {"lb", "body-weight", "[lb_av]"},
      {"lbs", "body-weight", "[lb_av]"},
      {"g", "body-weight", "g"},
      {"m", "body-height", "m"},
      {"in", "body-height", "[in_i]"},
      {"\"", "body-height", "[in_i]"},
      {"mmol/l", "blood-glucose", "mmol/L"},
      {"mmol/L", "blood-glucose", "mmol/L"},
      {"mg/dl", "blood-glucose", "mg/dL"},
      {"mg/l", "crp", "mg/L"},
      {"g/dl", "haemoglobin", "g/dL"},
      {"l", "fev1", "L"},
      {"ml", "fvc", "mL"},
      {"l/min", "pef", "L/min"},
      {"LPM", "pef", "L/min"},
      {"l/s", "fef-25-75", "L/s"},
      {"", "inr", "{INR}"},
      {"1", "inr", "{INR}"},
      {"ratio", "inr", "{INR}"},
      {"", "news2", "{score}"},
      {"count", "steps", "{steps}"},
      {"1", "fev1-fev6-ratio", "1"},
  }));
  CAPTURE(row.sent, row.kind);
  CHECK(ucum_code(row.sent, kind_named(row.kind)) == row.ucum);
}

TEST_CASE("units: nothing is guessed", "[units]") {
  struct Row {
    const char *sent, *kind;
  };
  const auto row = GENERATE(values<Row>({
      {"rpm", "heart-rate"},  // revolutions, to a machine
      {"rpm", "pulse-rate"},
      {"bpm", "body-weight"},
      {"C", "body-weight"},         // coulomb
      {"F", "blood-glucose"},       // farad
      {"cel", "body-temperature"},  // UCUM is case-sensitive
      {"", "oxygen-saturation"},
      {"", "fev1-fev6-ratio"},  // 0.7 and 70 would both be believable
      {"", "blood-glucose"},
      {"stones", "body-weight"},
      {"mmHg ", "systolic"},
  }));
  CAPTURE(row.sent, row.kind);
  CHECK(ucum_code(row.sent, kind_named(row.kind)).empty());
}

TEST_CASE("units: without conversion the digits are the sender's", "[units]") {
  const auto kept = to_canonical(decimal("37.50"), "Cel", kinds().body_temperature);
  REQUIRE(kept);
  CHECK_FALSE(kept->changed);
  CHECK(kept->value.text() == "37.50");
}

TEST_CASE("units: conversions are exact and rounded once, half to even", "[units]") {
  struct Row {
    const char *value, *unit, *kind, *expected;
  };
  const auto row = GENERATE(values<Row>({
      {"178.2", "[lb_av]", "body-weight", "80.830"},               // 80.830160334
      {"178.19999999999999", "[lb_av]", "body-weight", "80.830"},  // binary noise does not overflow
      {"12.5", "[stone_av]", "body-weight", "79.379"},             // 79.37866475
      {"116.3", "[oz_av]", "body-weight", "3.297"},                // 3.2970495394375
      {"49000", "g", "body-weight", "49.000"},                     // VKP's example; a moved point keeps all digits
      {"74126", "g", "body-weight", "74.126"},
      {"1.75", "m", "body-height", "175"},
      {"1.755", "m", "body-height", "175.5"},
      {"1755", "mm", "body-height", "175.5"},
      {"70", "[in_i]", "body-height", "177.8"},
      {"6", "[ft_i]", "body-height", "182.9"},  // 182.88
      {"98.6", "[degF]", "body-temperature", "37.00"},
      {"100.3", "[degF]", "body-temperature", "37.94"},  // 37.9444...
      {"100.4", "[degF]", "body-temperature", "38.00"},
      {"310.15", "K", "body-temperature", "37.00"},
      {"16.0", "kPa", "systolic", "120.0"},  // 120.0099 with 133.322387415 Pa
      {"24", "kPa", "systolic", "180.0"},    // 180.0148
      {"160", "hPa", "systolic", "120.0"},
      {"70", "mg/dL", "blood-glucose", "3.89"},  // 3.8854, below a limit of 3.9
      {"71", "mg/dL", "blood-glucose", "3.94"},  // a neighbour stays apart
      {"180.16", "mg/dL", "blood-glucose", "10.00"},
      {"100", "mg/dL", "interstitial-glucose", "5.55"},
      {"1.2", "mg/dL", "crp", "12"},
      {"135", "g/L", "haemoglobin", "13.5"},
      {"2350", "mL", "fev1", "2.350"},
      {"7.35", "L/s", "pef", "441"},
      {"180", "L/min", "fef-25-75", "3.00"},
      {"0.71", "1", "fev1-fev6-ratio", "71"},
      {"0.97", "1", "oxygen-saturation", "97"},
  }));
  CAPTURE(row.value, row.unit, row.kind);
  const auto result = to_canonical(decimal(row.value), row.unit, kind_named(row.kind));
  REQUIRE(result);
  CHECK(result->changed);
  CHECK(result->value.text() == row.expected);
}

TEST_CASE("units: a unit that cannot be this kind's is refused", "[units]") {
  struct Row {
    const char *unit, *kind;
  };
  const auto row = GENERATE(values<Row>({
      {"kg", "body-temperature"},
      {"mg/dL", "ketones"},       // another molar mass than glucose, not verified
      {"mmol/L", "haemoglobin"},  // 16.114 g/mmol, not verified
      {"%", "hba1c"},             // the NGSP master equation, not verified
      {"mg/dL", "haemoglobin"},
      {"L/min", "fev1"},
      {"", "body-weight"},
      {"mm[Hg]", "blood-pressure"},  // a panel has no value of its own
      {"1", "urine-protein"},
      {"%", "unknown"},
  }));
  CAPTURE(row.unit, row.kind);
  CHECK_FALSE(to_canonical(decimal("7.0"), row.unit, kind_named(row.kind)));
}

TEST_CASE("units: shown to people in words", "[units]") {
  CHECK(unit_display("mm[Hg]", kinds().systolic) == "mmHg");
  CHECK(unit_display("/min", kinds().heart_rate) == "beats/minute");
  CHECK(unit_display("/min", kinds().respiratory_rate) == "breaths/minute");
  CHECK(unit_display("%", kinds().oxygen_saturation) == "%");
  CHECK(unit_display("mmol/L", kinds().blood_glucose) == "mmol/L");
}
