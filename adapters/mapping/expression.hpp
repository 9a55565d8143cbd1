// One expression of a mapping file in any of its three languages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/expression/jmes_path.hpp"
#include "adapters/expression/json_path.hpp"

namespace adapters::mapping {

using expression::Value;
using expression::Workspace;

enum class Language : std::uint8_t { pointer, json_path, jmes_path };

class Expression {
 public:
  // The error names what is wrong, the character and the expression.
  static fhir::Result<Expression> compile(std::string_view text, Language language);

  // Every match, added to `out`: of JSONPath each, of a JMESPath projection each element, otherwise the one result.
  // A null among several is a match, for it may be an item that must be counted; a null alone is none.
  fhir::Result<void> matches(const Value& root, Workspace& workspace, std::vector<Value>& out) const;
  // Nothing when there is no match or it is null; several are an error.
  fhir::Result<std::optional<Value>> single(const Value& root, Workspace& workspace) const;

  const std::string& text() const { return text_; }
  const std::vector<std::string>& warnings() const;

 private:
  // A path of plain members is by far the most frequent expression and needs none of JSONPath's machinery.
  struct Step {
    std::string name;
    std::optional<std::uint32_t> index;  // a pointer's step into an array
  };
  using Steps = std::vector<Step>;
  using Compiled = std::variant<Steps, expression::JsonPath, expression::JmesPath>;

  Expression(std::string text, Compiled compiled) : text_(std::move(text)), compiled_(std::move(compiled)) {}
  static std::optional<Steps> plain_members(std::string_view json_path);
  static fhir::Result<Steps> pointer_steps(std::string_view pointer);

  std::string text_;
  Compiled compiled_;
};

}  // namespace adapters::mapping
