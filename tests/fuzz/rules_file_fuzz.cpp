// Any bytes as a rules file: problems with their lines or programmes, never a crash; and what can be used is written to a plan and
// read from it as the same.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/rules_file.hpp"
#include "gateway/registry/plan.hpp"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gateway;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  config::Findings findings;
  findings.file = "r.yaml";
  std::vector<config::Programme> programmes;
  config::read_rules_text(text, "UTC", findings, programmes);
  const auto lines = std::count(text.begin(), text.end(), '\n') + std::count(text.begin(), text.end(), '\r') + 2;
  for (const config::Problem& problem : findings.problems) {
    require(!problem.text.empty(), "a problem says what");
    require(problem.line >= 0 && problem.line <= lines, "a problem stands in the file");
  }
  if (findings.errors() != 0) return 0;

  std::vector<std::string> names;
  for (const config::Programme& programme : programmes) names.push_back(programme.id);
  const registry::Plan enrolled = registry::enrol({}, names, programmes);
  store::Plan row;
  row.limits = registry::limits_json(enrolled.limits);
  row.rules = registry::rules_json(enrolled.rules);
  const registry::Plan read = registry::plan_from(row);
  require(registry::limits_json(read.limits) == row.limits, "limits are read as written");
  require(registry::rules_json(read.rules) == row.rules, "rules are read as written");
  return 0;
}
