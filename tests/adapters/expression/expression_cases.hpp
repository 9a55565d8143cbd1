// Tables of expressions for both languages: what each yields on a document, written as JSON, or how it fails.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/expression/connector_functions.hpp"
#include "adapters/expression/jmes_path.hpp"

namespace test {

inline const adapters::expression::FunctionTable& exact_functions() {
  static const adapters::expression::FunctionTable table = [] {
    adapters::expression::FunctionTable functions;
    adapters::expression::add_standard_functions(functions);
    adapters::expression::add_connector_functions(functions);
    return functions;
  }();
  return table;
}

// The result as JSON; "syntax: ..." when it does not compile, "error: ..." when it fails on this document.
inline std::string jmes(std::string_view expression, std::string_view document,
                        const adapters::expression::FunctionTable& functions = exact_functions()) {
  const auto parsed = fhir::JsonDocument::parse(document);
  REQUIRE(parsed.has_value());
  const auto compiled = adapters::expression::JmesPath::compile(expression, functions);
  if (!compiled) return "syntax: " + compiled.error().detail;
  adapters::expression::Workspace workspace;
  const auto result = compiled->evaluate(parsed->root(), workspace);
  return result ? result->json() : "error: " + result.error().detail;
}

struct ExpressionCase {
  const char* expression;
  const char* expected;  // JSON, or "syntax" or "error"
};

inline void check_jmes(std::string_view document, const std::vector<ExpressionCase>& cases) {
  for (const ExpressionCase& row : cases) {
    INFO(row.expression << "   of   " << document);
    const std::string result = jmes(row.expression, document);
    const std::string_view expected = row.expected;
    if (expected == "syntax" || expected == "error") {
      CHECK(result.starts_with(std::string(expected) + ": "));
    } else {
      CHECK(result == expected);
    }
  }
}

}  // namespace test
