#include "fhir/operation_outcome.hpp"

#include <catch2/catch.hpp>

using namespace fhir;

TEST_CASE("operation outcome: one issue, escaped", "[operation_outcome]") {
  CHECK(
      operation_outcome("error", "invalid", "byte 3: \"x\"") ==
      R"({"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid","diagnostics":"byte 3: \"x\""}]})");
}

TEST_CASE("operation outcome: no empty diagnostics", "[operation_outcome]") {
  CHECK(operation_outcome("information", "informational", "") ==
        R"({"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]})");
}
