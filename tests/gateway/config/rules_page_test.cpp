// docs/rules.md: every example can be loaded, every member there is stands on the page, and what is read is written and read again as
// the same. The programmes of deploy/rules.d can be used as they are.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "gateway/config/rules_file.hpp"
#include "gateway/registry/plan.hpp"
#include "tests/gateway/config/rules_page.hpp"

using namespace gateway;
using tests::rules_page::Example;

namespace {

std::vector<config::Programme> loaded(const std::string& yaml, config::Findings& findings) {
  std::vector<config::Programme> programmes;
  config::read_rules_text(yaml, "Europe/Oslo", findings, programmes);
  return programmes;
}

void reads_as_written(const std::vector<config::Programme>& programmes) {
  std::vector<std::string> names;
  for (const config::Programme& programme : programmes) names.push_back(programme.id);
  const registry::Plan plan = registry::enrol({}, names, programmes);
  store::Plan row;
  row.limits = registry::limits_json(plan.limits);
  row.rules = registry::rules_json(plan.rules);
  const registry::Plan read = registry::plan_from(row);
  CHECK(registry::limits_json(read.limits) == row.limits);
  CHECK(registry::rules_json(read.rules) == row.rules);
  CHECK(read.rules.size() == plan.rules.size());
}

}  // namespace

TEST_CASE("docs/rules.md: every example is loaded, stored and read again", "[config][rules][docs]") {
  const std::vector<Example> examples = tests::rules_page::examples();
  REQUIRE(examples.size() > 12);
  for (const Example& example : examples) {
    DYNAMIC_SECTION("line " << example.line) {
      config::Findings findings;
      findings.file = "example";
      const auto programmes = loaded(example.yaml, findings);
      for (const config::Problem& problem : findings.problems) FAIL_CHECK(config::text(problem));
      REQUIRE(programmes.size() == 1);
      CHECK_FALSE((programmes[0].limits.empty() && programmes[0].rules.empty()));
      reads_as_written(programmes);
    }
  }
}

TEST_CASE("docs/rules.md: every member is there, and each in an example", "[config][rules][docs]") {
  config::Findings findings;
  findings.file = "examples";
  std::string examples;
  for (const Example& example : tests::rules_page::examples()) {
    loaded(example.yaml, findings);
    examples += example.yaml;
  }
  REQUIRE(findings.keys.size() > 50);
  for (const std::string& key : findings.keys) {
    INFO(key);
    CHECK((examples.find(key + ":") != std::string::npos));
  }
  const std::string page = tests::rules_page::content(tests::rules_page::repository / "docs/rules.md");
  for (const char* outcome : {"within", "breach", "pending", "incomplete", "undecidable", "not-now", "no-limit"}) {
    CHECK(page.find("| `" + std::string(outcome) + "` |") != std::string::npos);
  }
}

TEST_CASE("deploy/rules.d: five programmes, none with a remark, each saying that it is an example", "[config][rules][docs]") {
  config::Findings findings;
  std::vector<config::Programme> programmes;
  std::set<std::string> rule_ids;
  for (const auto& entry : std::filesystem::directory_iterator(tests::rules_page::repository / "deploy/rules.d")) {
    const std::string text = tests::rules_page::content(entry.path());
    findings.file = entry.path().filename().string();
    config::read_rules_text(text, "Europe/Oslo", findings, programmes);
    CHECK(text.find("EXAMPLE that a clinician at your service replaces") != std::string::npos);
  }
  for (const config::Problem& problem : findings.problems) FAIL_CHECK(config::text(problem));
  REQUIRE(programmes.size() == 5);
  std::size_t rules = 0;
  for (const config::Programme& programme : programmes) {
    CHECK_FALSE(programme.rules.empty());
    rules += programme.rules.size();
    for (const thresholds::Rule& rule : programme.rules) rule_ids.insert(rule.id);
    // A programme that nobody notices the silence of is not followed up.
    CHECK(std::any_of(programme.rules.begin(), programme.rules.end(), [](const auto& rule) { return rule.missing() != nullptr; }));
  }
  CHECK(rule_ids.size() == rules);  // a patient in all of them has all of them
  reads_as_written(programmes);
}
