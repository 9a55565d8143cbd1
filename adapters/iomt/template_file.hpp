// Reading the connector's template files: member names and enumerations without regard to case, unknown members
// refused, and every fault collected with its place, because one bad template must not hide the others (vendors' format
// description: microsoft/iomt-fhir docs/Configuration.md).
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json_reader.hpp"

namespace adapters::iomt {

struct TemplateFile {
  std::string name;  // for problems: as the user called it
  std::string text;
};

struct Problem {
  std::string file;
  std::string place;  // path inside the file, "template[2].template.typeMatchExpression"; empty: the whole
  std::string what;   // names the expression where it is one
  int line = 0;       // 1-based; 0: the file as a whole

  std::string text() const;  // "device.json:12: template[2].templateType: unknown"
};

struct Problems {
  std::string file;
  std::vector<Problem>& found;

  void add(std::string place, std::string what) const { found.push_back({file, std::move(place), std::move(what)}); }
};

// Where each problem stands in its file: the reader keeps no lines, so they are looked up when there are problems at all.
void add_lines(const TemplateFile& file, std::vector<Problem>& problems);

bool same_word(std::string_view a, std::string_view b);  // ASCII, without regard to case
bool blank(std::string_view text);

// An object of a template file, read member by member.
class TemplateObject {
 public:
  // `known`: all members it may have; others and doubled ones are problems.
  TemplateObject(fhir::JsonValue object, std::initializer_list<std::string_view> known, const Problems& problems);

  fhir::JsonValue operator[](std::string_view member) const;  // null counts as absent
  // A text that must be there and not blank; empty after a problem.
  std::string required_text(std::string_view member) const;
  std::string text(std::string_view member) const;
  // true, false or a text of either (Newtonsoft reads both); false when absent.
  bool flag(std::string_view member) const;
  std::string place(std::string_view member) const;

 private:
  fhir::JsonValue object_;
  const Problems& problems_;
};

// One {"templateType": T, "template": X} of a collection.
struct Wrapped {
  std::string type;  // as written
  fhir::JsonValue content;
};
std::optional<Wrapped> unwrap(fhir::JsonValue wrapper, const Problems& problems);
// The members of the collection `type` ("CollectionContent"); empty with a problem when the root is none.
std::vector<Wrapped> collection(fhir::JsonValue root, std::string_view type, const Problems& problems);
// T is `name`, or with the suffix "Template" where the original's factory takes it.
bool is_type(std::string_view written, std::string_view name, bool with_suffix);

}  // namespace adapters::iomt
