// Deadlines, expected hours and self-tests as configured, and what is refused with its line.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/gateway/config/load_fixture.hpp"

using tests::TemporaryFolder;
using namespace tests::config_files;

namespace {

// Lines 1 to 5 are a tenant and a listener; the source stands in line 7 and its supervision in line 8.
std::string with_source(const std::string& supervision) {
  return R"(listen: [{address: 127.0.0.1, port: 0}]
tenants:
  - {id: bodo, name: Bodø kommune, organization: "972418013"}
clients:
  - {id: centre, tenant: bodo, roles: [response-centre], auth: {bearer: "env:HJEMPORT_TEST_B"}}
sources:
  - {id: oth, tenant: bodo, adapter: hjemport, auth: {bearer: "env:HJEMPORT_TEST_A"},
     )" + supervision +
         "}\n";
}

}  // namespace

TEST_CASE("config: supervision of a source", "[config]") {
  TemporaryFolder folder;
  const auto loaded = load_text(
      folder, with_source("silent_after: 6h, heartbeat_after: 10m, device_silent_after: 3d, expected: {days: [mon, fri], between: "
                          "\"22:30-06:00\"}") +
                  "supervision: {grace: 90s}\n");
  CHECK(problems(loaded) == std::vector<std::string>{});
  REQUIRE(loaded.config.sources.size() == 1);
  const auto& source = loaded.config.sources[0];
  CHECK(source.silent_after == std::chrono::hours(6));
  CHECK(source.heartbeat_after == std::chrono::minutes(10));
  CHECK(source.device_silent_after == std::chrono::hours(72));
  CHECK(source.expected == thresholds::ExpectedTraffic{0x11, std::chrono::minutes(22 * 60 + 30), std::chrono::minutes(360)});
  CHECK(loaded.config.supervision.grace == std::chrono::seconds(90));
}

TEST_CASE("config: supervision that could not work is refused with its line", "[config]") {
  struct Row {
    std::string name, supervision, problem;
  };
  const std::vector<Row> rows{
      {"0 is not supervised", "silent_after: 0s", ""},
      {"the whole day", "expected: {between: \"00:00-24:00\"}", ""},
      {"never open by days", "expected: {days: []}", "8: 'days' is empty: the source would never be expected to send"},
      {"never open by hours", "expected: {between: \"06:00-06:00\"}",
       "8: 'between' has no moment in it; the whole day is 00:00-24:00"},
      {"no such day", "expected: {days: [mon, mandag]}",
       "8: 'mandag' is no day; there are mon, tue, wed, thu, fri, sat and sun"},
      {"no such time", "expected: {between: \"06:00-25:00\"}",
       "8: 'between' must be two times of day, written like 06:00-22:00"},
      {"one time", "expected: {between: \"06:00\"}", "8: 'between' must be two times of day, written like 06:00-22:00"},
      {"devices without their source", "device_silent_after: 1d",
       "8: 'device_silent_after' needs 'silent_after': a source that stops would be an alarm for each of its devices"},
      {"devices before their source", "silent_after: 1d, device_silent_after: 6h",
       "8: 'device_silent_after' must not be shorter than 'silent_after'"},
      {"a negative deadline", "silent_after: -1h",
       "8: 'sources[0].silent_after' must be a duration from 0ms to 365d, written like 90s, 15m, 6h or 3d"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      TemporaryFolder folder;
      std::vector<std::string> expected;
      if (!row.problem.empty()) expected.push_back(row.problem);
      CHECK(problems(load_text(folder, with_source(row.supervision))) == expected);
    }
  }
}

TEST_CASE("config: a self-test needs a source of its tenant that takes its payload", "[config]") {
  struct Row {
    std::string name, test, problem;
  };
  const std::vector<Row> rows{
      {"as it should be", "{source: native, every: 1m, within: 5s}", ""},
      {"no source", "{every: 1m}", "6: 'tenants[0].self_test.source' is missing"},
      {"unknown source", "{source: none}", "6: source 'none' is not configured for this tenant"},
      {"another tenant's", "{source: other}", "6: source 'other' is not configured for this tenant"},
      {"another format", "{source: oth}", "6: a self-test goes through a source with adapter hjemport"},
      {"longer than its pause", "{source: native, every: 10s, within: 10s}", "6: 'within' must be shorter than 'every'"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      TemporaryFolder folder;
      const auto loaded = load_text(folder, R"(listen: [{address: 127.0.0.1, port: 0}]
clients:
  - {id: centre, tenant: bodo, roles: [response-centre], auth: {bearer: "env:HJEMPORT_TEST_B"}}
tenants:
  - {id: bodo, name: Bodø kommune, organization: "972418013",
     self_test: )" + row.test + R"(}
  - {id: oslo, name: Oslo kommune, organization: "958935420"}
sources:
  - {id: oth, tenant: bodo, adapter: opentele, auth: {bearer: "env:HJEMPORT_TEST_A"}}
  - {id: native, tenant: bodo, adapter: hjemport, auth: {bearer: "env:HJEMPORT_TEST_A"}}
  - {id: other, tenant: oslo, adapter: hjemport, auth: {bearer: "env:HJEMPORT_TEST_C"}}
)");
      std::vector<std::string> expected;
      if (!row.problem.empty()) expected.push_back(row.problem);
      CHECK(problems(loaded) == expected);
      if (row.problem.empty()) CHECK(loaded.config.tenants[0].self_test->within == std::chrono::seconds(5));
    }
  }
}
