// The golden examples of a mapping file: payloads and the items they must become. `hjemport check` runs them, and so
// does whoever loads a mapping.
#pragma once

#include <functional>
#include <vector>

#include "adapters/mapping/mapping.hpp"
#include "adapters/mapping/yaml_tree.hpp"

namespace adapters::mapping {

void compile_examples(const YamlNode& list, Report& report, Mapping& mapping);

// A time zone by its name, null when there is none.
using ZoneByName = std::function<std::shared_ptr<const Zone>(std::string_view name)>;

// Every difference between what the examples say and what the mapping makes of them, with the line of the expectation.
std::vector<Problem> run_examples(const Mapping& mapping, const ZoneByName& zones);

}  // namespace adapters::mapping
