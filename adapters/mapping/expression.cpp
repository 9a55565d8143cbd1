#include "adapters/mapping/expression.hpp"

#include <algorithm>
#include <charconv>

#include "adapters/expression/connector_functions.hpp"

namespace adapters::mapping {
namespace {

const expression::FunctionTable& functions() {
  static const expression::FunctionTable table = [] {
    expression::FunctionTable made;
    expression::add_standard_functions(made);
    expression::add_connector_functions(made);
    return made;
  }();
  return table;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

fhir::Error several() {
  return fhir::invalid("several matches where one is expected");
}

}  // namespace

// "$.a.b", "$": names only, no brackets and no "..".
std::optional<Expression::Steps> Expression::plain_members(std::string_view json_path) {
  Steps steps;
  if (!json_path.starts_with('$')) return std::nullopt;
  for (std::size_t at = 1; at < json_path.size();) {
    const std::size_t begin = at + 1;
    std::size_t end = begin;
    while (end < json_path.size() && is_name_character(json_path[end])) ++end;
    if (json_path[at] != '.' || end == begin) return std::nullopt;
    steps.push_back({std::string(json_path.substr(begin, end - begin)), std::nullopt});
    at = end;
  }
  return steps;
}

// RFC 6901.
fhir::Result<Expression::Steps> Expression::pointer_steps(std::string_view pointer) {
  const auto refuse = [&](std::size_t at, std::string_view what) {
    return expression::problem("JSON Pointer", pointer, at, what);
  };
  Steps steps;
  const expression::CompileLimits limits;
  if (pointer.size() > limits.length_bytes) return refuse(0, "longer than allowed");
  if (pointer.find('\0') != std::string_view::npos) return refuse(pointer.find('\0'), "a NUL character");
  for (std::size_t at = 0; at < pointer.size();) {
    if (pointer[at] != '/') return refuse(at, "expected /");
    if (steps.size() >= limits.nesting) return refuse(at, "more steps than allowed");
    Step step;
    for (++at; at < pointer.size() && pointer[at] != '/'; ++at) {
      if (pointer[at] != '~') {
        step.name += pointer[at];
        continue;
      }
      ++at;
      if (at >= pointer.size() || (pointer[at] != '0' && pointer[at] != '1'))
        return refuse(at - 1, "~ stands for ~0 or ~1 only");
      step.name += pointer[at] == '0' ? '~' : '/';
    }
    std::uint32_t index = 0;
    const char* const end = step.name.data() + step.name.size();
    const auto [stop, failure] = std::from_chars(step.name.data(), end, index);
    const bool leading_zero = step.name.size() > 1 && step.name.front() == '0';
    if (failure == std::errc() && stop == end && !leading_zero) step.index = index;
    steps.push_back(std::move(step));
  }
  return steps;
}

fhir::Result<Expression> Expression::compile(std::string_view text, Language language) {
  switch (language) {
    case Language::pointer: {
      auto steps = pointer_steps(text);
      if (!steps) return steps.error();
      return Expression(std::string(text), std::move(*steps));
    }
    case Language::json_path: {
      auto path = expression::JsonPath::compile(text);
      if (!path) return path.error();
      if (auto steps = plain_members(text)) return Expression(std::string(text), std::move(*steps));
      return Expression(std::string(text), std::move(*path));
    }
    case Language::jmes_path:
      break;
  }
  auto path = expression::JmesPath::compile(text, functions());
  if (!path) return path.error();
  return Expression(std::string(text), std::move(*path));
}

fhir::Result<std::optional<Value>> Expression::single(const Value& root, Workspace& workspace) const {
  using Found = std::optional<Value>;
  if (const auto* steps = std::get_if<Steps>(&compiled_)) {
    workspace.begin();
    Value value = root;
    for (const Step& step : *steps) {
      const bool is_array = value.type() == expression::Type::array;
      if (is_array && !step.index) return Found();
      if (!workspace.spend(1 + (is_array ? *step.index : value.size()) / 4)) return workspace.failure();
      const auto next = is_array ? value.element(*step.index) : value.member(step.name);
      if (!next) return Found();
      value = *next;
    }
    return value.is_null() ? Found() : Found(value);
  }
  if (const auto* json_path = std::get_if<expression::JsonPath>(&compiled_)) {
    const auto found = json_path->evaluate(root, workspace);
    if (!found) return found.error();
    if (found->size() > 1) return several();
    if (found->empty() || found->front().is_null()) return Found();
    return Found(found->front());
  }
  const auto& jmes_path = std::get<expression::JmesPath>(compiled_);
  const auto found = jmes_path.evaluate(root, workspace);
  if (!found) return found.error();
  if (!jmes_path.projects() || found->type() != expression::Type::array)
    return found->is_null() ? Found() : Found(*found);
  if (found->size() > 1) return several();
  const auto only = found->element(0);
  return !only || only->is_null() ? Found() : Found(*only);
}

fhir::Result<void> Expression::matches(const Value& root, Workspace& workspace, std::vector<Value>& out) const {
  if (const auto* json_path = std::get_if<expression::JsonPath>(&compiled_)) {
    const auto found = json_path->evaluate(root, workspace);
    if (!found) return found.error();
    out.insert(out.end(), found->begin(), found->end());
    return {};
  }
  if (const auto* jmes_path = std::get_if<expression::JmesPath>(&compiled_)) {
    const auto found = jmes_path->evaluate(root, workspace);
    if (!found) return found.error();
    if (jmes_path->projects() && found->type() == expression::Type::array) {
      for (const expression::Child element : *found) out.push_back(element.value);
    } else if (!found->is_null()) {
      out.push_back(*found);
    }
    return {};
  }
  const auto found = single(root, workspace);
  if (!found) return found.error();
  if (*found) out.push_back(**found);
  return {};
}

const std::vector<std::string>& Expression::warnings() const {
  static const std::vector<std::string> none;
  const auto* json_path = std::get_if<expression::JsonPath>(&compiled_);
  return json_path != nullptr ? json_path->warnings() : none;
}

}  // namespace adapters::mapping
