#include "gateway/config/rules_file.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "gateway/config/plan_check.hpp"
#include "gateway/config/yaml_section.hpp"

namespace gateway::config {
namespace {

constexpr adapters::mapping::YamlLimits yaml_limits{.file = "a rules file", .instead_of_alias = "repeat what it stands for"};

Programme read_programme(Form& form, const std::string& timezone, Findings& findings) {
  Programme programme;
  form.text("id", programme.id, Need::required);
  form.text("version", programme.version);
  PlanCheck check(findings, timezone);
  // A programme may live of rules alone, and one with neither is enrolled in for its name.
  form.each("limits", [&](Form& entry) { check.limit(entry); }, form.has("rules") ? Need::optional : Need::required);
  form.each("rules", [&](Form& entry) { check.rule(entry); });
  check.finish();
  programme.limits = std::move(check.limits);
  programme.rules = std::move(check.rules);
  return programme;
}

// Nothing, with a problem, when the file cannot be read.
std::optional<std::string> content(const std::filesystem::path& file, Findings& findings) {
  std::error_code failure;
  std::ifstream stream;
  if (std::filesystem::is_regular_file(file, failure)) stream.open(file, std::ios::binary);
  if (stream.is_open()) return std::string{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  findings.problems.push_back({file.string(), 0, "cannot be read as a file", false});
  return std::nullopt;
}

std::optional<Tree> parsed(std::string_view text, Findings& findings) {
  std::vector<adapters::mapping::Problem> of_yaml;
  adapters::mapping::Report report(findings.file, of_yaml);
  std::optional<Tree> root = adapters::mapping::parse_yaml(text, report, yaml_limits);
  for (adapters::mapping::Problem& problem : of_yaml) {
    findings.problems.push_back({findings.file, problem.line, std::move(problem.text), problem.warning});
  }
  return root;
}

void read_rules_file(const std::filesystem::path& file, const std::string& timezone, Reading& reading,
                     std::vector<Programme>& programmes) {
  Findings findings;
  findings.file = file.string();
  if (auto text = content(file, findings)) read_rules_text(*text, timezone, findings, programmes);
  std::move(findings.problems.begin(), findings.problems.end(), std::back_inserter(reading.problems));
}

}  // namespace

void read_rules_text(std::string_view text, const std::string& timezone, Findings& findings, std::vector<Programme>& programmes) {
  const std::optional<Tree> root = parsed(text, findings);
  if (!root) return;
  Form form(*root, "", findings);
  form.each(
      "programmes",
      [&](Form& entry) {
        Programme programme = read_programme(entry, timezone, findings);
        const bool twice = std::any_of(programmes.begin(), programmes.end(),
                                       [&](const Programme& other) { return !other.id.empty() && other.id == programme.id; });
        if (twice) entry.wrong("programme " + shown(programme.id) + " is defined twice");
        programmes.push_back(std::move(programme));
      },
      Need::required);
  form.refuse_unknown();
}

void read_plan_file(const std::filesystem::path& file, Findings& findings, PlanCheck& check) {
  findings.file = file.string();
  const std::optional<std::string> text = content(file, findings);
  const std::optional<Tree> root = text ? parsed(*text, findings) : std::nullopt;
  if (!root) return;
  Form form(*root, "", findings);
  form.each("limits", [&](Form& entry) { check.limit(entry); }, form.has("rules") ? Need::optional : Need::required);
  form.each("rules", [&](Form& entry) { check.rule(entry); });
  form.refuse_unknown();
  check.finish();
}

void read_rules(const std::filesystem::path& where, const Section& named_by, const std::string& timezone, Reading& reading,
                std::vector<Programme>& programmes) {
  // Of what stands in every rules file; docs/rules.md has the rest (rules_page_test).
  for (const char* setting : {"programmes", "programmes[].id", "programmes[].version", "programmes[].limits", "programmes[].rules"}) {
    reading.settings.insert(setting);
  }
  std::error_code failure;
  if (!std::filesystem::is_directory(where, failure)) {
    if (std::filesystem::exists(where, failure)) return read_rules_file(where, timezone, reading, programmes);
    return reading.error(named_by.place("rules"), "'rules' names " + where.string() + ", which does not exist");
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(where, failure)) {
    std::filesystem::path extension = entry.path().extension();
    if (extension == ".yaml" || extension == ".yml") files.push_back(entry.path());
  }
  if (failure)
    return reading.error(named_by.place("rules"), "'rules' names " + where.string() + ", which cannot be read");
  // An empty directory is a mistyped path far more often than a wish to judge nothing.
  if (files.empty()) reading.warning(named_by.place("rules"), "'rules' names a directory without any .yaml file");
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) read_rules_file(file, timezone, reading, programmes);
}

}  // namespace gateway::config
