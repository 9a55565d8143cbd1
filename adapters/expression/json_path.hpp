// JSONPath as the IoMT FHIR Connector understands it, which is Json.NET's dialect (docs/expressions.md says exactly
// what is supported and where we differ). Compiled once, evaluated often.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/expression/workspace.hpp"
#include "fhir/result.hpp"

namespace adapters::expression {

struct JsonPathProgram;

class JsonPath {
 public:
  // The error names what is wrong, the character and the expression.
  static fhir::Result<JsonPath> compile(std::string_view expression, const CompileLimits& limits = {});
  JsonPath(JsonPath&&) noexcept;
  JsonPath& operator=(JsonPath&&) noexcept;
  ~JsonPath();

  // All matches in document order; the list lives in the workspace. A null that is there is a match. Safe from several
  // threads, each with its own workspace.
  fhir::Result<std::span<const Value>> evaluate(const Value& root, Workspace& workspace) const;

  // What compiles and surely means something else than it seems to; for whoever checks a mapping file.
  const std::vector<std::string>& warnings() const;
  const std::string& text() const;

 private:
  explicit JsonPath(std::unique_ptr<const JsonPathProgram> program);
  std::unique_ptr<const JsonPathProgram> program_;
};

}  // namespace adapters::expression
