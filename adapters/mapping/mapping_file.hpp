// A mapping file's text to a compiled mapping. Every problem is collected with its line and the expression, so that one
// run shows all of them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/mapping/mapping.hpp"
#include "adapters/mapping/yaml_tree.hpp"

namespace adapters::mapping {

struct Compiled {
  std::shared_ptr<const Mapping> mapping;  // null when there is an error
  std::vector<Problem> problems;           // warnings too
};

// Pure: reads no file. `file` is what problems call it. The mapping's examples are compiled and not run.
Compiled compile(std::string_view text, std::string file);

}  // namespace adapters::mapping
