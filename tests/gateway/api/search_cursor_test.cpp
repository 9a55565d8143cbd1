#include "gateway/api/search_cursor.hpp"

#include "tests/support/manual_clock.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using api::CursorSeal;
using api::SearchCursor;

namespace {
SearchCursor example() {
  SearchCursor cursor;
  cursor.type = "Observation";
  cursor.parameters = "patient.identifier=urn%3Aoid%3A2.16.578.1.12.4.1.4.1%7C12885010391&_count=5";
  cursor.horizon = 1'234'567;
  cursor.after = {fhir::Time(std::chrono::microseconds(-5)), ObservationId{INT64_MAX}};
  return cursor;
}
}  // namespace

TEST_CASE("cursor: comes back as it was, for its tenant only", "[api][cursor]") {
  support::SeededRandom random(1);
  CursorSeal seal(Hmac("a secret for these tests"), random);
  const std::string sealed = seal.seal(example(), "bodo");
  auto opened = seal.open(sealed, "bodo");
  REQUIRE(opened);
  CHECK(opened->type == "Observation");
  CHECK(opened->parameters == example().parameters);
  CHECK(opened->horizon == 1'234'567);
  CHECK(opened->after.at == example().after.at);
  CHECK(opened->after.id == example().after.id);
  CHECK_FALSE(seal.open(sealed, "oslo"));
  CHECK_FALSE(CursorSeal(Hmac("another secret"), random).open(sealed, "bodo"));
  CHECK(seal.seal(example(), "bodo") != sealed);
  CHECK(sealed.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
        std::string::npos);
}

TEST_CASE("cursor: no byte of it can be changed or cut", "[api][cursor]") {
  support::SeededRandom random(2);
  CursorSeal seal(Hmac("a secret for these tests"), random);
  const std::string sealed = seal.seal(example(), "bodo");
  for (std::size_t place = 0; place + 1 < sealed.size(); ++place) {  // the last character holds unused bits
    std::string changed = sealed;
    changed[place] = changed[place] == 'A' ? 'B' : 'A';
    if (seal.open(changed, "bodo")) FAIL("changed at " << place);
  }
  for (std::size_t length = 0; length + 1 < sealed.size(); ++length) {
    if (seal.open(std::string_view(sealed).substr(0, length), "bodo")) FAIL("cut to " << length);
  }
  for (const char* odd : {"", "=", "a b", "\xff\xff"}) CHECK_FALSE(seal.open(odd, "bodo"));
}
