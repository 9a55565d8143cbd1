#include "gateway/registry/suppression.hpp"

#include <catch2/catch.hpp>

#include "tests/support/printing.hpp"

using namespace gateway;
using namespace std::chrono_literals;
using registry::HiddenFinding;
using registry::Suppression;

namespace {

fhir::Time at(int minute) { return fhir::Time(std::chrono::hours(400'000) + std::chrono::minutes(minute)); }

Suppression absence() {
  Suppression suppression;
  suppression.id = {77};
  suppression.patient = {100};
  suppression.terms = {thresholds::Suppression::Of::absence, "", thresholds::Severity::moderate, at(0), at(600)};
  suppression.reason = "Sykehus \"A\"\n";
  suppression.timezone = "Europe/Oslo";
  suppression.owner = {"centre", "n-1", "Kari"};
  suppression.made = at(-5);
  suppression.warn_before = 60min;
  return suppression;
}

HiddenFinding finding(int minute, std::int64_t observation, std::string rule = "r") {
  return {at(minute), at(minute - 1), std::move(rule), ObservationId{observation}, thresholds::Severity::normal, "SpO2 91 %"};
}

}  // namespace

TEST_CASE("suppression: what is stored is read back the same", "[registry][suppression]") {
  Suppression full = absence();
  full.version = 7;
  full.terms = {thresholds::Suppression::Of::limit, "oxygen-saturation", thresholds::Severity::severe, at(1), at(2)};
  full.approver = alarms::Person{"centre", "n-2", ""};
  full.warned = full.over = full.review_asked = true;
  full.ended_by = alarms::Person{"centre", "n-3", "Per"};
  registry::hide(full, finding(3, 5));
  registry::hide(full, {at(4), at(4), "no-weight", {}, thresholds::Severity::severe, "Vekt ikke målt"});
  full.reviewed = at(9);
  full.reviewed_by = alarms::Person{"clinic", "n-4", "Ola"};
  full.review = "Sett";
  for (const Suppression& one : {absence(), full}) {
    const store::Suppression row = registry::suppression_row(one, store::Tenant{3});
    CHECK(row.open == one.open());
    CHECK(row.due == one.due());
    auto read = registry::suppression_from(row);
    REQUIRE(read);
    CHECK(*read == one);
    CHECK(registry::suppression_json(*read) == row.document);
  }
  store::Suppression damaged = registry::suppression_row(absence(), store::Tenant{3});
  damaged.document = R"({"of":"everything"})";
  CHECK_FALSE(registry::suppression_from(damaged));
}

TEST_CASE("suppression: due when its end is to be told, at its end, and a while after an absence", "[registry][suppression]") {
  Suppression one = absence();
  CHECK(one.due() == at(540));
  one.warn_before = 24h;
  CHECK(one.due() == at(0));  // not before it begins
  one.warned = true;
  CHECK(one.due() == at(600));
  one.over = true;
  CHECK(one.due() == at(600) + registry::absence_echo);
  one.review_asked = true;
  CHECK_FALSE(one.due());
  one.review_asked = false;
  one.reviewed = at(700);
  CHECK_FALSE(one.due());
}

TEST_CASE("suppression: each hidden finding is counted once, and the newest are kept", "[registry][suppression]") {
  Suppression one = absence();
  registry::hide(one, finding(1, 5));
  registry::hide(one, finding(2, 5));  // the same reading, judged again
  CHECK(one.hidden_count == 1);
  CHECK(one.hidden.front().at == at(2));
  registry::hide(one, finding(3, 5, "other"));
  registry::hide(one, finding(4, 0));
  registry::hide(one, finding(4, 0));  // two windows that ran out together are two
  CHECK(one.hidden_count == 4);
  for (int i = 0; i < 500; ++i) registry::hide(one, finding(10 + i, 1000 + i));
  CHECK(one.hidden_count == 504);
  CHECK(one.hidden.size() == registry::hidden_kept);
  CHECK(one.hidden.front().observation == ObservationId{1499});
}
