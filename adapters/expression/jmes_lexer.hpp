// The words of a JMESPath expression.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/result.hpp"

namespace adapters::expression {

enum class JmesWord : std::uint8_t {
  end,
  identifier,         // text
  quoted_identifier,  // text, escapes resolved
  raw_string,         // text, likewise
  literal,            // text: the JSON between the backticks
  number,             // number
  dot,
  star,
  flatten,  // []
  filter,   // [?
  left_bracket,
  right_bracket,
  left_brace,
  right_brace,
  left_parenthesis,
  right_parenthesis,
  comma,
  colon,
  at,
  ampersand,
  pipe,
  logical_or,
  logical_and,
  logical_not,
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal
};

struct JmesToken {
  JmesWord word;
  std::uint32_t offset;
  std::string text;
  std::int64_t number = 0;
};

// Ends with one token `end`.
fhir::Result<std::vector<JmesToken>> jmes_words(std::string_view expression);

}  // namespace adapters::expression
