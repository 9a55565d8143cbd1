#include "gateway/config/rules_file.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "gateway/config/limit_check.hpp"
#include "gateway/config/yaml_section.hpp"

namespace gateway::config {
namespace {

Programme read_programme(Section& section, Reading& reading) {
  Programme programme;
  section.text("id", programme.id, Need::required);
  section.each(
      "limits",
      [&](Section& entry) {
        thresholds::Limit limit = read_limit(entry, reading);
        bool twice = std::any_of(programme.limits.begin(), programme.limits.end(), [&](const thresholds::Limit& other) {
          return other.kind == limit.kind && other.component == limit.component;
        });
        if (twice) {
          reading.error(entry.place(), "a second limit for " + limit.kind +
                                           (limit.component.empty() ? "" : " " + limit.component) + " in programme '" +
                                           programme.id + "'");
        }
        programme.limits.push_back(std::move(limit));
      },
      Need::required);
  return programme;
}

void read_rules_file(const std::filesystem::path& file, Reading& reading, std::vector<Programme>& programmes) {
  std::optional<YAML::Node> root = parse_file(file, reading);
  if (!root) return;
  // A settings path of its own: "programmes[0]" exists in every rules file.
  Section section(*root, file.string(), "", reading);
  section.each(
      "programmes",
      [&](Section& entry) {
        Programme programme = read_programme(entry, reading);
        bool twice = std::any_of(programmes.begin(), programmes.end(),
                                 [&](const Programme& other) { return !other.id.empty() && other.id == programme.id; });
        if (twice) entry.error("id", "programme '" + programme.id + "' is defined twice");
        programmes.push_back(std::move(programme));
      },
      Need::required);
  section.refuse_unknown();
}

}  // namespace

thresholds::Limit read_limit(Section& section, Reading& reading) {
  thresholds::Limit limit;
  bool named = section.text("kind", limit.kind, Need::required);
  section.text("component", limit.component);
  section.decimal("alert_low", limit.alert_low);
  section.decimal("warning_low", limit.warning_low);
  section.decimal("warning_high", limit.warning_high);
  section.decimal("alert_high", limit.alert_high);
  if (!named) return limit;
  LimitCheck check = check_limit(limit);
  for (std::string& text : check.errors) reading.error(section.place(), std::move(text));
  for (std::string& text : check.warnings) reading.warning(section.place(), std::move(text));
  return limit;
}

void read_rules(const std::filesystem::path& where, const Section& named_by, Reading& reading,
                std::vector<Programme>& programmes) {
  std::error_code failure;
  if (!std::filesystem::is_directory(where, failure)) {
    if (std::filesystem::exists(where, failure)) return read_rules_file(where, reading, programmes);
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
  for (const std::filesystem::path& file : files) read_rules_file(file, reading, programmes);
}

}  // namespace gateway::config
