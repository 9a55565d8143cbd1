#include "gateway/demo/synthetic_number.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "fhir/national_id.hpp"

using gateway::demo::synthetic_numbers;

TEST_CASE("synthetic numbers: valid, nobody's, all different", "[demo]") {
  const std::vector<std::string> numbers = synthetic_numbers(5, 2'000);
  for (const std::string& number : numbers) {
    INFO(number);
    auto known = fhir::classify_national_id(number);
    REQUIRE(known.has_value());
    REQUIRE(known->kind == fhir::NationalIdKind::fnr);
    REQUIRE(known->synthetic);
    REQUIRE_FALSE(known->relaxed);  // valid by today's rule, too
    REQUIRE_FALSE(fhir::allowed_in(*known, fhir::Environment::production));
    const int month = std::stoi(number.substr(2, 2));
    REQUIRE((month > 80 && month <= 92));
  }
  CHECK(std::set<std::string>(numbers.begin(), numbers.end()).size() == numbers.size());
}

TEST_CASE("synthetic numbers: the same seed gives the same people, however many are asked for", "[demo]") {
  const std::vector<std::string> few = synthetic_numbers(5, 10), many = synthetic_numbers(5, 50);
  CHECK(std::equal(few.begin(), few.end(), many.begin()));
  CHECK(synthetic_numbers(6, 10) != few);
}
