// JMESPath, compiled once and evaluated often (docs/expressions.md says exactly what is supported).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "adapters/expression/functions.hpp"
#include "adapters/expression/workspace.hpp"
#include "fhir/result.hpp"

namespace adapters::expression {

struct JmesProgram;

class JmesPath {
 public:
  // The error names what is wrong, the character and the expression. `functions` outlives the result.
  static fhir::Result<JmesPath> compile(std::string_view expression, const FunctionTable& functions,
                                        const CompileLimits& limits = {});
  JmesPath(JmesPath&&) noexcept;
  JmesPath& operator=(JmesPath&&) noexcept;
  ~JmesPath();

  // Null when nothing is found. Safe from several threads, each with its own workspace.
  fhir::Result<Value> evaluate(const Value& root, Workspace& workspace) const;

  // The outermost result is a projection ([*], *, [], [?..], [a:b] up to its end, not closed by a pipe or parentheses):
  // the connector takes each of its elements as one match, anything else as one.
  bool projects() const;
  const std::string& text() const;

 private:
  explicit JmesPath(std::unique_ptr<const JmesProgram> program);
  std::unique_ptr<const JmesProgram> program_;
};

}  // namespace adapters::expression
