#include "fhir/quality.hpp"

#include <catch2/catch.hpp>

TEST_CASE("data-absent-reason: every code reads back as itself, another word as nothing", "[fhir][quality]") {
  for (int i = 1; i <= static_cast<int>(fhir::AbsentReason::not_permitted); ++i) {
    const auto reason = static_cast<fhir::AbsentReason>(i);
    INFO(fhir::code(reason));
    CHECK(fhir::absent_reason_named(fhir::code(reason)) == reason);
    CHECK_FALSE(fhir::display(reason).empty());
  }
  CHECK(fhir::code(fhir::AbsentReason::not_a_number) == "not-a-number");
  CHECK(fhir::code(fhir::AbsentReason::not_permitted) == "not-permitted");
  CHECK(fhir::code(fhir::AbsentReason::none).empty());
  CHECK_FALSE(fhir::absent_reason_named(""));
  CHECK_FALSE(fhir::absent_reason_named("nan"));
}
