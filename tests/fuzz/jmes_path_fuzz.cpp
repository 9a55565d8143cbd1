// Any expression on any document: the first line is JMESPath, the rest JSON. It never crashes or hangs, gives the same
// twice, and what it gives is JSON that can be read.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "adapters/expression/connector_functions.hpp"
#include "adapters/expression/jmes_path.hpp"

namespace {

using namespace adapters::expression;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

FunctionTable functions(Arithmetic arithmetic) {
  FunctionTable table;
  add_standard_functions(table);
  add_connector_functions(table, arithmetic);
  return table;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const FunctionTable exact = functions(Arithmetic::exact), original = functions(Arithmetic::as_original);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  const std::string_view expression = input.substr(0, line);
  const auto document = fhir::JsonDocument::parse(line == std::string_view::npos ? "{}" : input.substr(line + 1));
  if (!document) return 0;
  Workspace workspace({.steps = 200'000, .values = 50'000, .bytes = 4U << 20});
  for (const FunctionTable* table : {&exact, &original}) {
    const auto path = JmesPath::compile(expression, *table);
    if (!path) {
      require(path.error().detail.starts_with("JMESPath: "), "a refusal says which language");
      continue;
    }
    const auto result = path->evaluate(document->root(), workspace);
    const auto again = path->evaluate(document->root(), workspace);
    require(result.has_value() == again.has_value() || !again.has_value(), "a second evaluation fails only for memory");
    if (!result) continue;
    if (again) require(result->json() == again->json(), "the same twice");
    // The original's arithmetic knows Infinity and NaN, which JSON does not.
    if (table == &exact)
      require(fhir::JsonDocument::parse(result->json(), {.depth = 1000}).has_value(), "a result is JSON");
  }
  return 0;
}
