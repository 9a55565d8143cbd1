#include "adapters/iomt/expression.hpp"

namespace adapters::iomt {
namespace {

const expression::FunctionTable& functions(expression::Arithmetic arithmetic) {
  const auto table = [](expression::Arithmetic kind) {
    expression::FunctionTable made;
    expression::add_standard_functions(made);
    expression::add_connector_functions(made, kind);
    return made;
  };
  static const expression::FunctionTable exact = table(expression::Arithmetic::exact);
  static const expression::FunctionTable as_original = table(expression::Arithmetic::as_original);
  return arithmetic == expression::Arithmetic::exact ? exact : as_original;
}

}  // namespace

fhir::Result<Expression> Expression::compile(std::string_view text, Language language,
                                             expression::Arithmetic arithmetic) {
  if (language == Language::json_path) {
    auto path = expression::JsonPath::compile(text);
    if (!path) return path.error();
    return Expression(Compiled(std::move(*path)));
  }
  auto path = expression::JmesPath::compile(text, functions(arithmetic));
  if (!path) return path.error();
  return Expression(Compiled(std::move(*path)));
}

fhir::Result<std::vector<Value>> Expression::matches(const Value& root, Workspace& workspace) const {
  std::vector<Value> all;
  if (const auto* json_path = std::get_if<expression::JsonPath>(&compiled_)) {
    const auto found = json_path->evaluate(root, workspace);
    if (!found) return found.error();
    all.assign(found->begin(), found->end());
    return all;
  }
  const auto& jmes_path = std::get<expression::JmesPath>(compiled_);
  const auto found = jmes_path.evaluate(root, workspace);
  if (!found) return found.error();
  if (found->is_null()) return all;
  if (!jmes_path.projects() || found->type() != expression::Type::array) {
    all.push_back(*found);
    return all;
  }
  for (const expression::Child element : *found) all.push_back(element.value);
  return all;
}

fhir::Result<std::optional<Value>> Expression::single(const Value& root, Workspace& workspace) const {
  if (const auto* json_path = std::get_if<expression::JsonPath>(&compiled_)) {
    const auto found = json_path->evaluate(root, workspace);
    if (!found) return found.error();
    if (found->empty()) return std::optional<Value>();
    if (found->size() > 1) return fhir::invalid("several matches where one is expected: " + json_path->text());
    return std::optional<Value>(found->front());
  }
  const auto& jmes_path = std::get<expression::JmesPath>(compiled_);
  const auto found = jmes_path.evaluate(root, workspace);
  if (!found) return found.error();
  if (found->is_null()) return std::optional<Value>();
  if (jmes_path.projects() && found->type() == expression::Type::array) {
    if (found->size() == 0) return std::optional<Value>();
    if (found->size() > 1) return fhir::invalid("several matches where one is expected: " + jmes_path.text());
    // A projection of one stays an array and becomes no text (INFERRED): the token_text of it is the error.
  }
  return std::optional<Value>(*found);
}

const std::vector<std::string>& Expression::warnings() const {
  static const std::vector<std::string> none;
  const auto* json_path = std::get_if<expression::JsonPath>(&compiled_);
  return json_path != nullptr ? json_path->warnings() : none;
}

fhir::Result<std::optional<std::string>> token_text(const Value& token) {
  switch (token.type()) {
    case expression::Type::null:
      return std::optional<std::string>();
    case expression::Type::boolean:
      return std::optional<std::string>(*token.boolean() ? "True" : "False");
    case expression::Type::number:
      return std::optional<std::string>(token.number_text());
    case expression::Type::string:
      return std::optional<std::string>(*token.string());
    case expression::Type::array:
      return fhir::invalid("an array where a single value is expected");
    case expression::Type::object:
      break;
  }
  return fhir::invalid("an object where a single value is expected");
}

}  // namespace adapters::iomt
