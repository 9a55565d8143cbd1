// One map of a rules file, or of a request or a stored plan in JSON, read key by key: one reader serves both because both become the
// same tree. What was not asked for is an unknown key; every problem is kept and reading goes on. Wrong values are repeated in messages
// only where they cannot be a person's number: messages go into answers and logs.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/mapping/yaml_tree.hpp"
#include "fhir/json_reader.hpp"
#include "gateway/config/config.hpp"
#include "gateway/config/need.hpp"
#include "thresholds/rule.hpp"

namespace gateway::config {

using Tree = adapters::mapping::YamlNode;

// Members that are null are left out, as if not given. Lines are 0.
Tree tree_of(fhir::JsonValue);

// A name as it was written, in quotes, unless it could be a person's number or is no name at all.
std::string shown(std::string_view);

struct Findings {
  std::string file;  // empty: no file, and each problem begins with where it stands
  std::vector<Problem> problems;
  std::set<std::string> keys;  // whatever was asked for, at any depth; documentation is checked with it

  std::size_t errors() const;
  std::string first_error() const;  // empty: none
};

class Form {
 public:
  Form(const Tree& node, std::string path, Findings&);

  // Each returns whether the value is there and right; otherwise `out` keeps what it had and a problem is noted where there is one.
  bool text(const char* key, std::string& out, Need need = Need::optional);
  bool flag(const char* key, bool& out);
  bool whole(const char* key, int& out, int least, int most);
  bool decimal(const char* key, std::optional<thresholds::Number>& out);
  bool span(const char* key, thresholds::Span& out);                // 3d, 36h, 90m
  bool minutes(const char* key, std::chrono::minutes& out);        // 36h, 90m
  bool date(const char* key, std::optional<std::chrono::year_month_day>& out);  // 2026-01-31
  bool window(const char* key, std::optional<thresholds::DayWindow>& out);      // 22:00-06:00
  bool texts(const char* key, std::vector<std::string>& out);
  bool wholes(const char* key, std::vector<int>& out, int least, int most);
  bool windows(const char* key, std::vector<thresholds::DayWindow>& out);
  bool days(const char* key, thresholds::Days& out);  // a list of mon..sun, workdays, weekends, holidays; or one of them
  // One of a closed list of words.
  template <class Value>
  bool word(const char* key, Value& out, const std::function<std::optional<Value>(std::string_view)>& named, const char* words) {
    std::string written;
    if (!text(key, written)) return false;
    std::optional<Value> value = named(written);
    if (!value) error(key, std::string("must be ") + words);
    if (value) out = *value;
    return value.has_value();
  }

  // Runs `read` on the map under the key when there is one.
  bool section(const char* key, const std::function<void(Form&)>& read);
  // Runs `read` on each map of the list under the key.
  bool each(const char* key, const std::function<void(Form&)>& read, Need need = Need::optional);

  bool has(std::string_view key) const { return node_.find(key) != nullptr; }
  const std::string& path() const { return path_; }
  int line() const { return node_.line; }
  void error(const char* key, std::string text);  // "'programmes[0].id' " and what is wrong with it
  void wrong(std::string text);                   // of the whole
  void warn(std::string text);

  // Keys nobody asked for are errors, with the nearest known one.
  void refuse_unknown();
  // Whatever else stands here is not looked at: what it means is not known.
  void leave_rest() { left_ = true; }

 private:
  const Tree* value(const char* key, Need need);
  bool list(const char* key, std::vector<std::string>& out, const char* expected);
  std::string under(std::string_view key) const;
  void add(int line, std::string text, bool warning);

  const Tree& node_;
  std::string path_;
  Findings& findings_;
  std::vector<std::string> asked_;
  bool left_ = false;
};

// What the forms above are written back as.
std::string text_of(std::chrono::year_month_day);
std::string text_of(const thresholds::DayWindow&);
std::vector<std::string> words_of(const thresholds::Days&);

}  // namespace gateway::config
