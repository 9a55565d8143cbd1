#include "adapters/mapping/mapping_file.hpp"

#include <algorithm>

#include "adapters/mapping/examples.hpp"
#include "adapters/mapping/sections.hpp"
#include "adapters/mapping/slots.hpp"

namespace adapters::mapping {
namespace {

constexpr std::size_t most_sections = 500;

std::optional<Language> read_language(YamlMap& root) {
  const auto word = root.text("language");
  if (!word) return std::nullopt;
  if (*word == "jsonpath") return Language::json_path;
  if (*word == "jmespath") return Language::jmes_path;
  if (*word == "pointer") return Language::pointer;
  root.error("language", "must be jsonpath, jmespath or pointer");
  return std::nullopt;
}

void read_head(YamlMap& root, Report& report, Mapping& mapping) {
  const auto version = root.text("version");
  if (!version && !root.has("version")) report.error(root.line(), "version: is missing; this is version 1");
  if (version && *version != "1") root.error("version", "must be 1");
  mapping.name = root.text("name").value_or("");
  const auto otherwise = root.text("otherwise");
  if (otherwise && *otherwise != "held" && *otherwise != "ignored") root.error("otherwise", "must be held or ignored");
  mapping.otherwise_ignored = otherwise == "ignored";
}

void read_tables(YamlMap& root, Report& report, SlotCompiler& slots) {
  const YamlNode* const tables = root.get("tables");
  if (tables == nullptr) return;
  YamlMap names(*tables, "tables", report);
  for (std::size_t i = 0; i < tables->keys.size(); ++i) slots.add_table(tables->keys[i].text, tables->items[i]);
}

// Runs `read` on each map of the list under `key`.
template <class Read>
std::size_t each_section(YamlMap& root, Report& report, const std::string& key, const Read& read) {
  const YamlNode* const list = root.get(key);
  if (list == nullptr) return 0;
  if (!list->is_list()) {
    root.error(key, "must be a list; each entry begins with '-'");
    return 0;
  }
  if (list->items.size() > most_sections) {
    root.error(key, "more than " + std::to_string(most_sections) + " sections");
    return 0;
  }
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const std::string place = key + "[" + std::to_string(i) + "]";
    if (list->items[i].is_map())
      read(list->items[i], place);
    else
      report.error(list->items[i].line, place + ": must be a section of keys and values");
  }
  return list->items.size();
}

}  // namespace

Compiled compile(std::string_view text, std::string file) {
  Compiled result;
  Report report(file, result.problems);
  const auto tree = parse_yaml(text, report);
  if (!tree || report.any_error()) return result;

  auto mapping = std::make_shared<Mapping>();
  mapping->file = std::move(file);
  YamlMap root(*tree, "", report);
  read_head(root, report, *mapping);
  SlotCompiler slots(report, read_language(root));
  read_tables(root, report, slots);
  if (const YamlNode* match = root.get("match")) mapping->match = slots.conditions(*match, "match", {"root"});
  const YamlNode* const defaults = root.get("defaults");
  SectionCompiler sections(slots, defaults, *mapping);
  std::size_t count = 0;
  // What is ignored is decided first, so it also stands first in a group.
  count += each_section(root, report, "ignored",
                        [&](const YamlNode& node, const std::string& place) { sections.ignored(node, place); });
  count += each_section(root, report, "readings",
                        [&](const YamlNode& node, const std::string& place) { sections.reading(node, place); });
  count += each_section(root, report, "events",
                        [&](const YamlNode& node, const std::string& place) { sections.event(node, place); });
  if (!root.has("readings") && !root.has("events"))
    report.error(root.line(), "nothing to read; a mapping has 'readings' or 'events'");
  if (const YamlNode* examples = root.get("examples")) compile_examples(*examples, report, *mapping);
  if (mapping->examples.empty())
    report.warning(root.has("examples") ? root.line("examples") : 0,
                   "no examples; nothing shows that the mapping does what it should");
  root.refuse_unknown();
  mapping->slots = slots.slots_made();
  if (count == 0 && !report.any_error()) report.error(root.line(), "nothing to read; its sections are empty");
  if (!report.any_error()) result.mapping = std::move(mapping);
  return result;
}

}  // namespace adapters::mapping
