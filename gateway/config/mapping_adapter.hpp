// A Hjemport mapping file to an adapter.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter.hpp"
#include "gateway/config/config.hpp"

namespace gateway::config {

struct MappingAdapter {
  std::shared_ptr<const adapters::Adapter> adapter;  // null when there is an error
  std::vector<Problem> problems;                     // warnings too
};

enum class Examples : std::uint8_t { run, leave };  // what differs from an example is an error of the file

// `text` is what `file` holds: whoever previews a change has it from elsewhere.
MappingAdapter compile_mapping(std::string_view text, const std::string& file, Examples examples = Examples::run);
MappingAdapter load_mapping(const std::string& file, Examples examples = Examples::run);

}  // namespace gateway::config
