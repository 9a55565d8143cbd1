// Patterns match as .NET's do where they are supported, and never take more than text times pattern.
#include "adapters/expression/pattern.hpp"

#include <catch2/catch.hpp>

using adapters::expression::Pattern;
using adapters::expression::Workspace;

TEST_CASE("pattern: what matches and what does not", "[adapters][jsonpath]") {
  struct Row {
    const char* pattern;
    const char* text;
    bool found;
  };
  const Row rows[] = {{"", "", true},
                      {"", "x", true},
                      {"a", "xax", true},
                      {"a", "xbx", false},
                      {"^a", "ba", false},
                      {"a$", "a\n", true},
                      {"a$", "a\nb", false},
                      {"a|b|cd", "xcdx", true},
                      {"a|b|cd", "xcx", false},
                      {"^(a|)b$", "b", true},
                      {"^a*$", "aaa", true},
                      {"^a+$", "", false},
                      {"^a?b$", "ab", true},
                      {"^a{2}$", "aa", true},
                      {"^a{2}$", "aaa", false},
                      {"^a{2,}$", "aaaa", true},
                      {"^a{1,2}$", "aaa", false},
                      {"a{x}", "a{x}", true},
                      {"^a{0}$", "", true},
                      {"^(ab)*?c$", "ababc", true},
                      {"^(?:ab)+$", "abab", true},
                      {"^(()*)*$", "", true},
                      {"^(a*)*b$", "aaab", true},
                      {"[abc]", "c", true},
                      {"[^abc]", "abc", false},
                      {"[a-c]", "b", true},
                      {"[a-]", "-", true},
                      {"[]a]", "]", true},
                      {"[\\d.]+$", "37.5", true},
                      {"^\\w+$", "blåbær_1", true},
                      {"\\W", "blåbær", false},
                      {"^\\S+\\s\\S+$", "a b", true},
                      {"\\D", "123", false},
                      {"\\bkg\\b", "5 kg.", true},
                      {"\\bkg\\b", "5 kgs", false},
                      {"\\Bg", "kg", true},
                      {"a\\.b", "a.b", true},
                      {"a\\.b", "axb", false},
                      {"^.$", "☯", true},
                      {"^[Α-Ω]$", "Σ", true},
                      {"\\t", "\t", true}};
  for (const Row& row : rows) {
    INFO(row.pattern << "   in   " << row.text);
    const auto pattern = Pattern::compile(row.pattern, "");
    REQUIRE(pattern.has_value());
    Workspace workspace;
    CHECK(pattern->found_in(row.text, workspace) == row.found);
    CHECK_FALSE(workspace.failed());
  }
}

TEST_CASE("pattern: what would need backtracking or is none is refused", "[adapters][jsonpath]") {
  const char* const wrong[] = {"(",
                               ")",
                               "(a",
                               "a)",
                               "*",
                               "+a",
                               "?",
                               "a**",
                               "a+*",
                               "a{2}{3}",
                               "[",
                               "[a",
                               "[b-a]",
                               "[\\d-z]",
                               "\\",
                               "(a)\\1",
                               "(?=a)",
                               "(?!a)",
                               "(?<=a)b",
                               "(?<name>a)",
                               "\\p{L}",
                               "\\x41",
                               "a{3,2}",
                               "a{1001}",
                               "((a{100}){100}){100}",
                               "(((((((){999}){999}){999}){999}){999}){999})"};
  for (const char* pattern : wrong) {
    INFO(pattern);
    CHECK_FALSE(Pattern::compile(pattern, "").has_value());
  }
  CHECK_FALSE(Pattern::compile(std::string(60, '(') + std::string(60, ')'), "").has_value());
  CHECK_FALSE(Pattern::compile("a", "g").has_value());
  CHECK(Pattern::compile("a", "imsx").has_value());
}

TEST_CASE("pattern: the famous catastrophes cost text times pattern", "[adapters][jsonpath]") {
  const std::string text(20'000, 'a');
  for (const char* catastrophe : {"^(a+)+$", "^(a|aa)+$", "^(a|a?)+$", "(.*a){20}b", "^(([a-z])+.)+[A-Z]([a-z])+$"}) {
    INFO(catastrophe);
    const auto pattern = Pattern::compile(catastrophe, "");
    REQUIRE(pattern.has_value());
    Workspace workspace;
    CHECK_FALSE(pattern->found_in(text + "!", workspace));
    CHECK_FALSE(workspace.failed());
  }
  Workspace poor({.steps = 1000});
  CHECK_FALSE(Pattern::compile("a*b", "")->found_in(text, poor));
  CHECK(poor.failed());
}
