#include "gateway/registry/self_treatment.hpp"

#include <catch2/catch.hpp>

#include "gateway/runtime/judging_zone.hpp"
#include "tests/support/in_process_gateway.hpp"

using namespace gateway;
using registry::SelfTreatment;

namespace {

// As it is stored and read for a period that is written like this.
SelfTreatment with_period(const std::string& period) {
  static tests::InProcessGateway gateway;
  const PatientId patient = gateway.patient(1);
  const auto put = gateway.put("/patients/" + patient.text() + "/care-plan", "clinic",
                               R"({"zones":[{"zone":"red","advice":["Ring 113"]}],"period":)" + period + "}");
  INFO(put.body);
  REQUIRE(put.status / 100 == 2);
  return registry::self_treatment_from(*gateway.reader().care_plan(patient));
}

bool advises(const SelfTreatment& plan, std::string_view at, const thresholds::Zone* zone) {
  return plan.advice(thresholds::Severity::severe, fhir::DateTime::parse(at).value().utc, zone).has_value();
}

}  // namespace

TEST_CASE("self-treatment: the days of a period are local ones", "[gateway][registry]") {
  const auto oslo = find_judging_zone("Europe/Oslo").value();
  const SelfTreatment plan = with_period(R"({"start":"2026-07-01","end":"2026-11-30"})");
  CHECK_FALSE(advises(plan, "2026-06-30T21:59:59Z", oslo.get()));
  CHECK(advises(plan, "2026-06-30T22:00:00Z", oslo.get()));
  CHECK(advises(plan, "2026-11-30T22:59:59Z", oslo.get()));
  CHECK_FALSE(advises(plan, "2026-11-30T23:00:00Z", oslo.get()));
  CHECK_FALSE(advises(plan, "2026-06-30T23:59:59Z", nullptr));
}

TEST_CASE("self-treatment: a period by instants, and by months", "[gateway][registry]") {
  const auto oslo = find_judging_zone("Europe/Oslo").value();
  const SelfTreatment instants = with_period(R"({"start":"2026-07-01T08:00:00+02:00","end":"2026-07-02T08:00:00+02:00"})");
  CHECK_FALSE(advises(instants, "2026-07-01T05:59:59Z", oslo.get()));
  CHECK(advises(instants, "2026-07-01T06:00:00Z", oslo.get()));
  CHECK_FALSE(advises(instants, "2026-07-02T06:00:00Z", oslo.get()));
  const SelfTreatment year = with_period(R"({"start":"2026-02","end":"2026-12"})");
  CHECK(advises(year, "2026-01-31T23:00:00Z", oslo.get()));
  CHECK(advises(year, "2026-12-31T22:59:59Z", oslo.get()));
  CHECK_FALSE(advises(year, "2026-12-31T23:00:00Z", oslo.get()));
}
