// One expression of a device template, in either language, with the connector's rules for how many tokens it may yield.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/expression/connector_functions.hpp"
#include "adapters/expression/jmes_path.hpp"
#include "adapters/expression/json_path.hpp"

namespace adapters::iomt {

using expression::Value;
using expression::Workspace;

enum class Language { json_path, jmes_path };

class Expression {
 public:
  static fhir::Result<Expression> compile(std::string_view text, Language language, expression::Arithmetic arithmetic);

  // JSONPath: every match. JMESPath: each element of a projection, otherwise one; null is none.
  fhir::Result<std::vector<Value>> matches(const Value& root, Workspace& workspace) const;
  // Nothing, or the one token; several are an error.
  fhir::Result<std::optional<Value>> single(const Value& root, Workspace& workspace) const;
  const std::vector<std::string>& warnings() const;

 private:
  using Compiled = std::variant<expression::JsonPath, expression::JmesPath>;
  explicit Expression(Compiled compiled) : compiled_(std::move(compiled)) {}
  Compiled compiled_;
};

// As the original turns a token into text, except that numbers and times keep their source digits: booleans "True" and
// "False"; objects and arrays are an error; nothing for null.
fhir::Result<std::optional<std::string>> token_text(const Value& token);

}  // namespace adapters::iomt
