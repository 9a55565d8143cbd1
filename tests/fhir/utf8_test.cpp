#include "fhir/utf8.hpp"

#include <catch2/catch.hpp>
#include <string>

TEST_CASE("utf8: what is text", "[fhir][utf8]") {
  for (const std::string good :
       {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "Ger\xc3\xa4t"}) {
    INFO(good);
    CHECK(fhir::is_utf8(good));
  }
  CHECK(fhir::is_utf8(std::string(1, '\0')));
}

TEST_CASE("utf8: what is none", "[fhir][utf8]") {
  struct Row {
    const char* name;
    std::string bytes;
  };
  const Row rows[] = {{"a continuation alone", "\x80"},
                      {"Latin-1", "Ger\xe4t"},
                      {"cut after the lead", "\xc3"},
                      {"cut in the middle", "\xe2\x82"},
                      {"overlong of two", "\xc0\x80"},
                      {"overlong of two, highest", "\xc1\xbf"},
                      {"overlong of three", "\xe0\x9f\xbf"},
                      {"overlong of four", "\xf0\x8f\xbf\xbf"},
                      {"a surrogate", "\xed\xa0\x80"},
                      {"above the last character", "\xf4\x90\x80\x80"},
                      {"a lead that never is", "\xf5\x80\x80\x80"},
                      {"an end that is no continuation", "\xe2\x82("},
                      {"after good text", "abc\xff"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK_FALSE(fhir::is_utf8(row.bytes));
    }
  }
}
