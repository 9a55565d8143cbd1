// A JSONPath expression as steps and conditions. Internal to json_path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/expression/pattern.hpp"
#include "adapters/expression/workspace.hpp"

namespace adapters::expression {

struct PathCondition;

struct PathStep {
  enum class Kind : std::uint8_t {
    names,        // members of an object, in the order they are named
    every_value,  // .*   the values of an object
    deep_names,   // ..   members of these names anywhere below
    deep_every,   // ..*  the value itself and everything below
    indices,
    every_element,  // [*]  the elements of an array
    slice,
    filter,      // elements of an array for which the condition holds
    deep_filter  // the value itself and everything below
  };
  Kind kind = Kind::names;
  std::vector<std::string> names;
  std::vector<std::int64_t> indices;
  expression::Slice slice;
  std::vector<PathCondition> condition;  // one, for filters
};

// One side of a comparison: a path from @ or $, or a literal.
struct PathOperand {
  enum class Kind : std::uint8_t { from_current, from_root, literal, pattern };
  Kind kind = Kind::literal;
  std::vector<PathStep> steps;
  std::string text;  // of a literal string
  Value literal;
  std::vector<Pattern> pattern;  // one, for =~
};

struct PathCondition {
  enum class Kind : std::uint8_t {
    exists,  // left
    equal,
    not_equal,
    strictly_not_equal,
    less,
    less_or_equal,
    greater,
    greater_or_equal,
    matches,  // left =~ right
    both,     // parts
    either,   // parts
    negation  // part
  };
  Kind kind = Kind::exists;
  PathOperand left, right;
  std::vector<PathCondition> parts;
};

struct JsonPathProgram {
  std::string text;
  std::vector<PathStep> steps;
  std::vector<std::string> warnings;
};

fhir::Result<JsonPathProgram> parse_json_path(std::string_view text, const CompileLimits& limits);

}  // namespace adapters::expression
