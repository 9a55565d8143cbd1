#include "fhir/check_digits.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace fhir;

TEST_CASE("LOINC check digit", "[check_digits]") {
  for (const char* code : {"2708-6", "8867-4", "85354-9", "29463-7", "3150-0", "53060-0", "105272-9", "718-7"}) {
    CAPTURE(code);
    CHECK(valid_loinc(code));
  }
  // The first four are misprints found in public material (codes.md rule 2).
  for (const char* code : {"29563-7", "3150-6", "53060-9", "89250-2", "2708-5", "2780-6", "2708", "2708-", "-6",
                           "2708-66", "27a8-6", "2708-x", ""}) {
    CAPTURE(code);
    CHECK_FALSE(valid_loinc(code));
  }
}

TEST_CASE("SNOMED CT check digit catches every single wrong digit and every swap of neighbours", "[check_digits]") {
  for (const char* good : {"431314004", "364075005", "1104051000000101", "4471000202106", "763264000"}) {
    const std::string code = good;
    CAPTURE(code);
    CHECK(valid_snomed(code));
    for (std::size_t i = 0; i < code.size(); ++i) {
      std::string wrong = code;
      wrong[i] = wrong[i] == '9' ? '1' : static_cast<char>(wrong[i] + 1);
      CHECK_FALSE(valid_snomed(wrong));
      if (i + 1 < code.size() && code[i] != code[i + 1]) {
        std::string swapped = code;
        std::swap(swapped[i], swapped[i + 1]);
        CHECK_FALSE(valid_snomed(swapped));
      }
    }
  }
  for (const char* code : {"", "12345", "43131400a", "0431314004", "1234567890123456789"})
    CHECK_FALSE(valid_snomed(code));
}
