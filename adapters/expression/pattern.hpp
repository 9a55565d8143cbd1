// Regular expressions for =~ in filters, without backtracking: all alternatives advance together, so the time is the
// length of the text times the size of the pattern, whatever they are. Back references and lookaround, which need
// backtracking, are refused.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/expression/workspace.hpp"

namespace adapters::expression {

class Pattern {
 public:
  // What stands between and after the slashes of /pattern/flags. Flags: i, m, s as in .NET; x changes nothing here.
  static fhir::Result<Pattern> compile(std::string_view pattern, std::string_view flags);

  // Whether some part of `text` matches. Pays with the workspace's steps; false once they are used up.
  bool found_in(std::string_view text, Workspace& workspace) const;

  struct Set {
    std::vector<std::pair<char32_t, char32_t>> ranges;
    bool negated = false;
  };
  enum class Operation : std::uint8_t { set, any, split, jump, begin, end, boundary, no_boundary, match };
  struct Instruction {
    Operation operation;
    std::uint32_t first = 0;   // the set, or where to go on
    std::uint32_t second = 0;  // split: the other way
  };

 private:
  class Run;
  std::vector<Instruction> program_;
  std::vector<Set> sets_;
  bool ignore_case_ = false;
  bool multiline_ = false;
  bool dot_matches_newline_ = false;
};

}  // namespace adapters::expression
