// Opening hours, clocks and escalation, and a client's organisation, as the configuration says them.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/gateway/config/load_fixture.hpp"

using gateway::config::Loaded;
using tests::TemporaryFolder;
using namespace tests::config_files;
using namespace std::chrono_literals;
using Problems = std::vector<std::string>;

namespace {

const char* const service = R"(service:
  - tenant: bodo
    timezone: Europe/Oslo
    hours:
      - {days: [monday, tuesday], open: "08:00-15:30"}
      - {days: [friday], open: "22:00-06:00"}
    holidays: open
    closed: ["2026-12-24"]
    outside: reroute
    reroute_to: centre
    clocks:
      - {severity: severe, acknowledge: 5m, take: 15m, resolve: 4h}
)";
const char* const escalation = R"(escalation:
  - tenant: bodo
    presence: 2m
    levels:
      - {clients: [centre], from: severe}
      - {webhook: {url: "https://on-call.example/a", auth: {bearer: "env:HJEMPORT_TEST_C"}, attempts: 5}, after: 10m}
)";

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("config: a service's hours, clocks and what holds outside", "[config][service]") {
  TemporaryFolder folder;
  const Loaded loaded = load_text(folder, std::string(minimal) + service + escalation);
  CHECK(problems(loaded) == Problems{});
  REQUIRE(loaded.config.service.size() == 1);
  const gateway::config::ServiceTimes& times = loaded.config.service[0];
  CHECK(times.has_hours);
  REQUIRE(times.hours.week[1].size() == 1);
  CHECK(times.hours.week[1][0].from == 8h);
  CHECK(times.hours.week[1][0].to == 15h + 30min);
  CHECK(times.hours.week[5][0].to == 30h);  // the next morning
  CHECK(times.hours.week[3].empty());
  CHECK_FALSE(times.hours.closed_on_holidays);
  CHECK(times.hours.closed.contains(std::chrono::year(2026) / 12 / 24));
  CHECK((times.outside == "reroute" && times.reroute_to == "centre"));
  CHECK(times.clocks.severe.acknowledge == 300s);
  CHECK(times.clocks.severe.resolve == 4h);
  CHECK_FALSE(times.clocks.critical.acknowledge);

  REQUIRE(loaded.config.escalation.size() == 1);
  const gateway::config::Escalation& steps = loaded.config.escalation[0];
  CHECK(steps.presence == 2min);
  REQUIRE(steps.levels.size() == 2);
  CHECK(steps.levels[0].from == thresholds::Severity::severe);
  CHECK(steps.levels[0].clients == std::vector<std::string>{"centre"});
  CHECK_FALSE(steps.levels[0].webhook);
  REQUIRE(steps.levels[1].webhook);
  CHECK(steps.levels[1].webhook->bearer == "c-secret-of-enough-characters");
  CHECK(steps.levels[1].webhook->attempts == 5);
  CHECK(steps.levels[1].after == 10min);
}

TEST_CASE("config: without a service nothing is timed and nobody is called", "[config][service]") {
  TemporaryFolder folder;
  const Loaded loaded = load_text(folder, minimal);
  CHECK(loaded.config.service.empty());
  CHECK(loaded.config.escalation.empty());
}

TEST_CASE("config: what is wrong with a service is said at its line", "[config][service]") {
  TemporaryFolder folder;
  struct Row {
    const char* name;
    std::string what, with, problem;
  };
  const Row rows[] = {
      {"no such tenant", "tenant: bodo\n    timezone", "tenant: narvik\n    timezone",
       "service names tenant 'narvik', which is not configured"},
      {"no such zone", "Europe/Oslo", "Europe/Bodo", "the tz database of this machine has no zone 'Europe/Bodo'"},
      {"no such day", "[friday]", "[fredag]", "'fredag' is no day; there are monday to sunday"},
      {"hours without end", "08:00-15:30", "08:00", "'open' must be like 08:00-15:30"},
      {"an hour that is none", "08:00-15:30", "08:00-24:30", "'open' must be like 08:00-15:30"},
      {"a date that is none", "2026-12-24", "2026-02-30", "'2026-02-30' is no date like 2026-12-24"},
      {"holidays", "holidays: open", "holidays: maybe", "'holidays' must be closed or open"},
      {"outside", "outside: reroute\n    reroute_to: centre", "outside: sleep",
       "'outside' must be hold, reroute or unwatched"},
      {"rerouted to nobody", "    reroute_to: centre\n", "", "'outside: reroute' needs 'reroute_to'"},
      {"rerouted without", "outside: reroute", "outside: hold", "'reroute_to' needs 'outside: reroute'"},
      {"rerouted to a stranger", "reroute_to: centre", "reroute_to: night",
       "client 'night' is not configured for tenant 'bodo'"},
      {"a severity that is none", "severity: severe", "severity: red",
       "'severity' must be normal, moderate, severe or critical"},
      {"a level for a stranger", "clients: [centre]", "clients: [night]",
       "client 'night' is not configured for tenant 'bodo'"},
      {"a level for nobody", "{clients: [centre], from: severe}", "{from: severe}",
       "a level names 'clients', a 'webhook' or both"},
      {"a webhook in the clear", "https://on-call", "http://on-call", "plain http is allowed to this machine only; use https"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Loaded loaded = load_text(folder, std::string(minimal) + replaced(std::string(service) + escalation, row.what, row.with));
      const Problems found = problems(loaded);
      REQUIRE(found.size() == 1);
      CHECK_THAT(found[0], Catch::EndsWith(": " + row.problem));
      CHECK(std::stoi(found[0]) > 9);
    }
  }
  const Loaded twice = load_text(folder, std::string(minimal) + "service: [{tenant: bodo}, {tenant: bodo}]\n");
  REQUIRE(problems(twice).size() == 1);
  CHECK_THAT(problems(twice)[0], Catch::EndsWith("tenant 'bodo' is there twice in service"));
}

TEST_CASE("config: a client's organisation is nine digits", "[config][service]") {
  TemporaryFolder folder;
  auto with = [&](const std::string& number) {
    return load_text(folder, replaced(minimal, "roles: [response-centre]", "roles: [response-centre], organization: \"" + number + "\""));
  };
  CHECK(with("958935420").config.clients[0].organization == "958935420");
  CHECK(with("958935420").usable());
  CHECK_FALSE(with("95893542").usable());
  CHECK_FALSE(with("legevakt!").usable());
}
