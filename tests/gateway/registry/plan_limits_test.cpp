// PUT /patients/{id}/limits asks of a limit what rules files are asked for.
#include <catch2/catch.hpp>
#include <string>

#include "gateway/registry/plan.hpp"


namespace {

// What is wrong with the body; empty when it is taken.
std::string problem(const std::string& json) {
  auto document = fhir::JsonDocument::parse(json).value();
  auto plan = gateway::registry::personal_from_json(document.root(), "Europe/Oslo");
  return plan ? "" : plan.error().detail;
}

}  // namespace

TEST_CASE("plan: limits that could never judge are refused, whoever sends them", "[registry][limits]") {
  CHECK(problem(R"({"limits":[{"kind":"oxygen-saturation","alert_low":85,"warning_low":"90.0"}]})").empty());
  CHECK(problem(R"({"limits":[{"kind":"blood-pressure","component":"systolic","alert_high":180}]})").empty());
  CHECK_FALSE(problem(R"({"limits":[{"kind":"oxygen","alert_low":85}]})").empty());
  CHECK_FALSE(problem(R"({"limits":[{"kind":"blood-pressure","alert_high":180}]})").empty());
  CHECK_FALSE(problem(R"({"limits":[{"kind":"systolic","alert_high":180}]})").empty());
  CHECK_FALSE(problem(R"({"limits":[{"kind":"body-weight","component":"left","alert_high":180}]})").empty());
  CHECK_FALSE(problem(R"({"limits":[{"kind":"consciousness","alert_high":1}]})").empty());
  CHECK_FALSE(problem(R"({"limits":[{"kind":"oxygen-saturation"}]})").empty());
  CHECK_FALSE(problem(R"({"limits":[{"kind":"oxygen-saturation","alert_low":90,"warning_low":85}]})").empty());
  CHECK_FALSE(
      problem(R"({"limits":[{"kind":"body-weight","alert_low":50},{"kind":"body-weight","alert_low":40}]})").empty());
}

TEST_CASE("plan: what is stored keeps judging although a newer version would refuse it", "[registry][limits]") {
  gateway::store::Plan row;
  row.limits = R"([{"kind":"systolic","alert_high":180,"origin":"personal"}])";
  CHECK(gateway::registry::plan_from(row).limits.size() == 1);
}

TEST_CASE("plan: an error does not repeat a person's number", "[registry][privacy]") {
  std::string text = problem(R"({"limits":[{"kind":"12885010049","alert_low":85}]})");
  CHECK_FALSE(text.empty());
  CHECK(text.find("12885010049") == std::string::npos);
}
