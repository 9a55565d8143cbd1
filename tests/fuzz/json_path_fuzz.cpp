// Any expression on any document: the first line is JSONPath, the rest JSON. It never crashes or hangs and gives the
// same twice, every match being a place in the document.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "adapters/expression/json_path.hpp"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace adapters::expression;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  const auto path = JsonPath::compile(input.substr(0, line));
  if (!path) {
    require(path.error().detail.starts_with("JSONPath: "), "a refusal says which language");
    return 0;
  }
  const auto document = fhir::JsonDocument::parse(line == std::string_view::npos ? "{}" : input.substr(line + 1));
  if (!document) return 0;
  Workspace workspace({.steps = 200'000, .values = 50'000, .bytes = 4U << 20});
  const auto matches = path->evaluate(document->root(), workspace);
  if (!matches) return 0;
  for (const Value& match : *matches) require(!match.place().absent(), "a match is a place in the document");
  const auto again = path->evaluate(document->root(), workspace);
  if (again) require(again->size() == matches->size(), "the same twice");
  return 0;
}
