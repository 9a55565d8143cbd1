// Character classes and case-blind comparison as HTTP means them (RFC 9110 5.6): ASCII only, no locale.
#pragma once

#include <algorithm>
#include <string_view>

namespace gateway::http {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr bool token_char(char c) {
  return letter_or_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// In a field value: anything but controls, a tab excepted.
constexpr bool value_char(char c) {
  return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) || c == '\t';
}

constexpr int hex_digit(char c) {  // -1: none
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return -1;
}

constexpr bool equals_lower(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

}  // namespace gateway::http
