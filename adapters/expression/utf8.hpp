// Code points of UTF-8 text: what lengths, reversals and patterns of expressions count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace adapters::expression {

struct CodePoint {
  char32_t value;
  std::size_t bytes;
};

// The code point at the beginning of `text`, which is not empty; nothing when it is not well-formed UTF-8 (RFC 3629).
std::optional<CodePoint> first_code_point(std::string_view text);
bool is_utf8(std::string_view text);
std::size_t code_points(std::string_view text);  // of well-formed text
// The byte at which the code point number `position` begins, the size at the end, nothing beyond it.
std::optional<std::size_t> byte_of_code_point(std::string_view text, std::size_t position);

}  // namespace adapters::expression
