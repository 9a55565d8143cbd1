// JMESPath as a tree (jmespath.org/specification.html, "Grammar"). Internal to jmes_path: parsed once, evaluated often.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/expression/functions.hpp"
#include "adapters/expression/workspace.hpp"
#include "fhir/result.hpp"

namespace adapters::expression {

enum class JmesOperation : std::uint8_t {
  current,  // @
  field,    // text
  literal,
  chain,              // right on the result of left: a.b
  pipe,               // the same, and it ends projections
  index,              // number
  slice,              // list of the elements; always below a projection
  projection,         // right on each element of left
  value_projection,   // right on each value of the object left
  filter_projection,  // right on each element of left for which condition holds
  flatten,
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  logical_or,
  logical_and,
  logical_not,  // left
  multi_list,   // children
  multi_hash,   // children under names
  call,         // children are the arguments
  reference     // &left
};

struct JmesNode {
  JmesOperation operation = JmesOperation::current;
  std::uint32_t offset = 0;  // in the expression, for errors
  std::uint32_t depth = 1;
  std::uint32_t left = 0, right = 0, condition = 0;
  std::int64_t number = 0;
  expression::Slice slice;
  std::string text;
  Value literal;
  const Function* function = nullptr;
  std::vector<std::uint32_t> children;
  std::vector<std::string> names;
};

struct JmesProgram {
  std::string text;
  std::vector<JmesNode> nodes;  // node 0 is @, so that 0 can also mean "none"
  std::uint32_t root = 0;
  std::vector<std::unique_ptr<const fhir::JsonDocument>> literals;
};

fhir::Result<JmesProgram> parse_jmes_path(std::string_view text, const FunctionTable& functions,
                                          const CompileLimits& limits);

}  // namespace adapters::expression
