#include "gateway/config/mapping_adapter.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "adapters/mapping/decode.hpp"
#include "adapters/mapping/examples.hpp"
#include "adapters/mapping/mapping_file.hpp"
#include "gateway/runtime/zone.hpp"

namespace gateway::config {
namespace {

namespace mapping = adapters::mapping;

constexpr std::array<std::string_view, 1> json = {"application/json"};

std::shared_ptr<const adapters::Zone> zone_named(std::string_view name) {
  auto zone = find_zone(name);
  return zone ? *zone : nullptr;
}

}  // namespace

MappingAdapter compile_mapping(std::string_view text, const std::string& file, Examples examples) {
  MappingAdapter made;
  const auto note = [&](const std::vector<mapping::Problem>& problems) {
    for (const mapping::Problem& problem : problems)
      made.problems.push_back({problem.file, problem.line, problem.text, problem.warning});
  };
  mapping::Compiled compiled = mapping::compile(text, file);
  note(compiled.problems);
  if (!compiled.mapping) return made;
  if (examples == Examples::run) {
    const std::vector<mapping::Problem> differences = mapping::run_examples(*compiled.mapping, zone_named);
    note(differences);
    if (!differences.empty()) return made;
  }
  adapters::Adapter adapter{"mapping", {}, json};
  adapter.decode = [shared = std::move(compiled.mapping)](std::string_view payload, const adapters::Context& context) {
    return mapping::decode(payload, context, *shared);
  };
  made.adapter = std::make_shared<const adapters::Adapter>(std::move(adapter));
  return made;
}

MappingAdapter load_mapping(const std::string& file, Examples examples) {
  std::error_code failure;
  std::ifstream in;
  if (std::filesystem::is_regular_file(file, failure)) in.open(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.is_open() && !in.bad()) return compile_mapping(text, file, examples);
  MappingAdapter made;
  made.problems.push_back({file, 0, "cannot be read as a file", false});
  return made;
}

}  // namespace gateway::config
