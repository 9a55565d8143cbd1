// A YAML file as a tree with line numbers, and reading it so that every problem is collected. The only files of this
// room that know yaml-cpp (docs/decisions/0008-yaml-in-adapters.md). Mapping files come from people and may be hostile:
// size, depth and number of nodes are bounded, and aliases, which can stand for exponentially much, are refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace adapters::mapping {

struct Problem {
  std::string file;  // as the user called it
  int line = 0;      // 1-based; 0: the file as a whole
  std::string text;
  bool warning = false;
};

// The problems of one file. The same problem of the same line, as of shared defaults, is kept once.
class Report {
 public:
  Report(std::string file, std::vector<Problem>& problems) : file_(std::move(file)), problems_(problems) {}
  void error(int line, std::string text) { add(line, std::move(text), false); }
  void warning(int line, std::string text) { add(line, std::move(text), true); }
  bool any_error() const { return errors_ > 0; }

 private:
  void add(int line, std::string text, bool warning);
  std::string file_;
  std::vector<Problem>& problems_;
  std::size_t errors_ = 0;
  bool full_ = false;
};

struct YamlNode {
  enum class Kind : std::uint8_t { nothing, text, list, map };
  struct Key {
    std::string text;
    int line = 0;
  };
  Kind kind = Kind::nothing;
  int line = 0;
  std::string text;
  std::vector<Key> keys;        // of a map, beside `items`
  std::vector<YamlNode> items;  // of a list or map

  bool is_nothing() const { return kind == Kind::nothing; }
  bool is_text() const { return kind == Kind::text; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
  const YamlNode* find(std::string_view key) const;  // null when there is none or this is no map
};

struct YamlLimits {
  std::size_t bytes = 512 * 1024;
  std::size_t depth = 32;
  std::size_t nodes = 50'000;
  // For messages: what kind of file it is, and what to write where an alias stood.
  const char* file = "a mapping file";
  const char* instead_of_alias = "repeat it, or use 'defaults' or 'tables'";
};

// One document holding a map; nothing, with a problem, when it is anything else.
std::optional<YamlNode> parse_yaml(std::string_view text, Report& report, const YamlLimits& limits = {});

// A map read key by key: what is asked for is known, what nobody asked for is an unknown key. `place` names it in
// problems: "readings[0].time".
class YamlMap {
 public:
  YamlMap(const YamlNode& node, std::string place, Report& report);

  // The value of a key; null when it is missing, or has no value, which is a problem.
  const YamlNode* get(std::string_view key);
  // The value of a key when it is a text that is not empty; another shape is a problem.
  std::optional<std::string> text(std::string_view key);
  // false when missing.
  bool flag(std::string_view key);
  bool has(std::string_view key) const { return node_.find(key) != nullptr; }
  std::string at(std::string_view key) const;  // "readings[0].time.zone"
  int line() const { return node_.line; }
  int line(std::string_view key) const;
  const std::string& place() const { return place_; }
  void error(std::string_view key, std::string text);  // "readings[0].time.zone: " is put before it

  // With the nearest known key.
  void refuse_unknown();

 private:
  const YamlNode& node_;
  std::string place_;
  Report& report_;
  std::vector<std::string> asked_;
};

}  // namespace adapters::mapping
