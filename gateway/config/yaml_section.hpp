// One mapping of a YAML file, read key by key: what is asked for is known, what was not asked for is an unknown key.
// Every problem is kept with its file and line and reading goes on, so that one run shows all of them. The only files
// of the program that spell yaml-cpp are in this folder.
#pragma once

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/config/need.hpp"

namespace gateway::config {

struct Place {
  std::string file;
  int line = 0;
};

// One run of the loader: what it found, and where.
struct Reading {
  std::filesystem::path base;  // relative paths in the files are relative to this
  std::vector<Problem> problems;
  std::map<std::string, Place> places;  // "sources[2].tenant" -> where its value stands
  std::set<std::string> settings;       // "sources[].tenant"

  void error(const Place&, std::string text);
  void warning(const Place&, std::string text);
  // Of a setting, or of the section it would stand in, or of the nearest section around that.
  Place place(std::string path) const;
  std::filesystem::path resolve(std::string_view path) const;
};

class Section {
 public:
  // `node` may be undefined: then every key is missing, none of them required.
  Section(YAML::Node node, std::string file, std::string path, Reading& reading);

  // Each returns whether the value is there and right; otherwise `out` keeps its default and a problem is noted where
  // there is one.
  bool text(const char* key, std::string& out, Need need = Need::optional);
  bool flag(const char* key, bool& out);
  bool number(const char* key, std::int64_t& out, std::int64_t least, std::int64_t most);
  template <class Whole>
  bool number(const char* key, Whole& out, std::int64_t least, std::int64_t most) {
    std::int64_t value = 0;
    if (!number(key, value, least, most)) return false;
    out = static_cast<Whole>(value);
    return true;
  }
  template <class Duration>
  bool duration(const char* key, Duration& out, std::chrono::milliseconds least, std::chrono::milliseconds most) {
    std::chrono::milliseconds value{};
    if (!milliseconds(key, value, std::chrono::duration_cast<std::chrono::milliseconds>(Duration(1)), least, most))
      return false;
    out = std::chrono::duration_cast<Duration>(value);
    return true;
  }
  bool decimal(const char* key, std::optional<thresholds::Number>& out);
  bool texts(const char* key, std::vector<std::string>& out, Need need = Need::optional);
  // A mapping whose keys are the user's own: runs `read` on each pair of texts.
  void words(const char* key, const std::function<void(const std::string& word, const std::string& value)>& read);
  // env:NAME or file:PATH, resolved.
  bool secret(const char* key, std::string& out, Need need = Need::optional);

  // Runs `read` on the mapping under the key; also when it is missing, on an empty one, so that its keys are known.
  void section(const char* key, const std::function<void(Section&)>& read, Need need = Need::optional);
  // Runs `read` on each mapping of the list under the key.
  void each(const char* key, const std::function<void(Section&)>& read, Need need = Need::optional);

  bool has(const char* key) const;
  const std::string& path() const { return path_; }
  Place place() const;                 // of the section itself
  Place place(const char* key) const;  // of the value, else of the section
  void error(const char* key, std::string text);

  // Keys nobody asked for are errors, with the nearest known one. Called by whoever made the section.
  void refuse_unknown();

 private:
  // The value of a key; notes where it stands. Nothing when missing; missing though required, empty and duplicated are
  // problems.
  std::optional<YAML::Node> value(const char* key, Need need);
  std::optional<std::string> scalar(const char* key, Need need, const char* expected);
  bool milliseconds(const char* key, std::chrono::milliseconds& out, std::chrono::milliseconds step,
                    std::chrono::milliseconds least, std::chrono::milliseconds most);
  std::string under(std::string_view key) const;

  YAML::Node node_;
  bool present_;
  std::string file_, path_;
  int line_ = 0;
  Reading& reading_;
  std::vector<std::string> asked_;
};

// Documents of a YAML file; nothing, and a problem with its line, when it cannot be read, is no YAML, or is not one
// mapping.
std::optional<YAML::Node> parse_file(const std::filesystem::path&, Reading&);

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);  // "90s": a number and ms, s, m, h or d
std::string duration_text(std::chrono::milliseconds);

}  // namespace gateway::config
