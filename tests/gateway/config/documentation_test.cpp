// The configuration page names every setting there is and none there is not; the example in deploy/ can be used.
#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "gateway/config/config.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

// Every section once: a key is known to the loader when it is asked for, and inside lists that happens per entry.
const char* const everything = R"(
listen: [{address: 127.0.0.1}]
mllp: [{address: 127.0.0.1}]
tenants: [{id: t}]
sources: [{id: s}]
links: [{source: s}]
clients: [{id: c}]
service: [{tenant: t, hours: [{days: [monday]}], clocks: [{severity: severe}]}]
escalation: [{tenant: t, levels: [{clients: [c]}]}]
destinations: [{id: d}]
mqtt: [{id: m, topics: [{filter: f}]}]
rules: rules.yaml
)";

std::set<std::string> settings() {
  tests::TemporaryFolder folder;
  folder.write("rules.yaml", "programmes: [{id: p, limits: [{kind: k}]}]\n");
  auto loaded = gateway::config::load(folder.write("hjemport.yaml", everything));
  return {loaded.settings.begin(), loaded.settings.end()};
}

std::string content(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

const std::filesystem::path repository = std::filesystem::path(HJEMPORT_TEST_DATA).parent_path();

// First cell of each table row.
std::set<std::string> documented() {
  std::set<std::string> names;
  std::string page = content(repository / "docs/configuration.md");
  std::regex row("(?:^|\n)\\| `([^`]+)` \\|");
  for (std::sregex_iterator match(page.begin(), page.end(), row), end; match != end; ++match) names.insert((*match)[1]);
  return names;
}

std::set<std::string> without(const std::set<std::string>& all, const std::set<std::string>& these) {
  std::set<std::string> rest;
  std::set_difference(all.begin(), all.end(), these.begin(), these.end(), std::inserter(rest, rest.end()));
  return rest;
}

}  // namespace

TEST_CASE("docs/configuration.md: every setting is there and nothing else", "[config][docs]") {
  std::set<std::string> known = settings(), written = documented();
  REQUIRE(known.size() > 80);  // the sample reached into every section
  CHECK(without(known, written) == std::set<std::string>{});
  CHECK(without(written, known) == std::set<std::string>{});
}

TEST_CASE("docs/configuration.md: the sample reaches into every list", "[config][docs]") {
  std::set<std::string> known = settings();
  for (const char* inside : {"listen[].tls.key", "sources[].auth.bearer", "links[].patient.value", "clients[].roles",
                             "destinations[].auth.bearer", "programmes[].rules", "service[].clocks[].take",
                             "escalation[].levels[].webhook.url"}) {
    CHECK(known.count(inside) == 1);
  }
}

TEST_CASE("deploy/hjemport.example.yaml: accepted with its secrets set, refused without", "[config][docs]") {
  const char* names[] = {"OTH_TOKEN",      "SENSORS_TOKEN", "CENTRE_TOKEN", "HOSPITAL_TOKEN",
                         "OPERATOR_TOKEN", "EPJ_TOKEN",     "METRICS_TOKEN", "BROKER_PASSWORD"};
  const std::filesystem::path example = repository / "deploy/hjemport.example.yaml";
  for (const char* name : names) unsetenv(name);
  CHECK_FALSE(gateway::config::load(example).usable());

  for (const char* name : names) setenv(name, (std::string(name) + "-of-enough-characters").c_str(), 1);
  auto loaded = gateway::config::load(example);
  for (const auto& problem : loaded.problems) UNSCOPED_INFO(gateway::config::text(problem));
  CHECK(loaded.problems.empty());
  CHECK(loaded.config.programmes.size() == 5);
  for (const char* name : names) unsetenv(name);
}
