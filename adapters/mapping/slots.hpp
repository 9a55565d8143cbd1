// Compiling the parts of which sections are made: expressions, slots, conditions, tables. One way to write an
// expression everywhere: "$.a.b" is JSONPath, "/a/b" a JSON Pointer, {jmespath: "a.b"} JMESPath.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/mapping/mapping.hpp"
#include "adapters/mapping/yaml_tree.hpp"

namespace adapters::mapping {

// What a text is that begins with neither $ nor /.
enum class Plain : std::uint8_t {
  expression,  // one of the file's `language`; an error without. Whatever identifies is so: a fixed subject would put
               // all patients of a vendor into one
  part,        // the same, but {fixed: …} is allowed: of a composite id, where it tells apart what two sections read
  fixed        // the word itself
};

// The names of what expressions of a section can look in: "root", then what each `each` calls its items.
using ScopeNames = std::vector<std::string>;

class SlotCompiler {
 public:
  SlotCompiler(Report& report, std::optional<Language> language) : report_(report), language_(language) {}

  void add_table(const std::string& name, const YamlNode& node);

  // Each gives nothing after a problem.
  std::optional<Expression> expression(const YamlNode& node, const std::string& place);
  // `more` reads further keys of the map form.
  using More = std::function<void(YamlMap&)>;
  MaybeSlot slot(const YamlNode& node, const std::string& place, const ScopeNames& scopes, Plain plain,
                 const More& more = {});
  Slots slots(const YamlNode& node, const std::string& place, const ScopeNames& scopes, Plain plain);
  std::optional<NumberSlot> number(const YamlNode& node, const std::string& place, const ScopeNames& scopes);
  std::optional<TimeRule> time(const YamlNode& node, const std::string& place, const ScopeNames& scopes);
  Conditions conditions(const YamlNode& node, const std::string& place, const ScopeNames& scopes);

  // Reports every word the slot may give that `is_right` refuses: fixed, of its table, its default.
  using Check = std::function<std::string(const std::string& word)>;  // what is wrong, or empty
  void check_words(const MaybeSlot& slot, const YamlNode& node, const std::string& place, const Check& check);

  Report& report() { return report_; }
  std::uint32_t slots_made() const { return slots_made_; }

 private:
  std::optional<Expression> expression_of(YamlMap& map);
  std::optional<Expression> compile(std::string_view text, Language language, int line, const std::string& place);
  std::optional<Expression> plain_text(const YamlNode& node, const std::string& place);
  std::shared_ptr<const Table> table(const YamlNode& node, const std::string& place);
  std::shared_ptr<const Table> make_table(const YamlNode& node, const std::string& place);
  std::optional<Condition> condition(const YamlNode& node, const std::string& place, const ScopeNames& scopes);
  Scope scope(YamlMap& map, const ScopeNames& scopes);
  void read_offset(const YamlNode& node, const std::string& place, const ScopeNames& scopes, TimeRule& rule);
  void finish(Slot& slot, const std::string& place);

  Report& report_;
  std::optional<Language> language_;
  std::map<std::string, std::shared_ptr<const Table>> tables_;
  std::map<const Table*, std::pair<const YamlNode*, std::string>> table_nodes_;  // and what they are called
  std::uint32_t slots_made_ = 0;
};

}  // namespace adapters::mapping
