#include "gateway/config/source_adapter.hpp"

#include <array>
#include <fstream>
#include <iterator>
#include <optional>

#include "adapters/iomt/iomt.hpp"
#include "adapters/iomt/projection.hpp"

namespace gateway::config {
namespace {

constexpr std::array<std::string_view, 2> made_from_files = {"iomt", "mapping"};
constexpr std::array<std::string_view, 1> json = {"application/json"};

std::optional<std::string> content(const std::string& file, std::vector<Problem>& problems) {
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.is_open() && !in.bad()) return text;
  problems.push_back({file, 0, "cannot be read", false});
  return std::nullopt;
}

std::optional<std::string> content(const std::string& file, const std::string& changed, std::vector<Problem>& problems) {
  return changed.empty() ? content(file, problems) : changed;
}

void load_iomt(const Source& source, const ChangedFiles& changed, SourceAdapter& loaded) {
  if (source.mapping.empty() || source.fhir_mapping.empty()) {
    loaded.problems.push_back({"", 0, "adapter iomt needs 'mapping' and 'fhir_mapping', the connector's two template files", false});
    return;
  }
  const auto device = content(source.mapping, changed.mapping, loaded.problems);
  const auto mapping = content(source.fhir_mapping, changed.fhir_mapping, loaded.problems);
  if (!device || !mapping) return;
  adapters::iomt::Options options;
  if (source.compat_exact) options.arithmetic = adapters::expression::Arithmetic::as_original;
  std::vector<adapters::iomt::Problem> found;
  auto templates =
      adapters::iomt::Templates::compile({source.mapping, *device}, {source.fhir_mapping, *mapping}, options, found);
  auto note = [&](const adapters::iomt::Problem& problem, bool warning) {
    loaded.problems.push_back({problem.file, problem.line, problem.place.empty() ? problem.what : problem.place + ": " + problem.what, warning});
  };
  for (const auto& problem : found) note(problem, false);
  if (!templates) return;
  for (const auto& warning : templates->warnings()) note(warning, true);
  auto shared = std::make_shared<const adapters::iomt::Templates>(std::move(*templates));
  adapters::Adapter adapter{"iomt", {}, json};
  adapter.decode = [shared](std::string_view payload, const adapters::Context& context) {
    return adapters::iomt::decode(payload, context, *shared);
  };
  adapter.project = [shared](std::span<const adapters::StoredReading> readings, adapters::Batches batches, adapters::Hash hash) {
    return adapters::iomt::project(shared->mapping(), readings, batches, hash);
  };
  loaded.adapter = std::make_shared<const adapters::Adapter>(std::move(adapter));
}

void load_hjemport_mapping(const Source& source, const ChangedFiles& changed, Examples examples, SourceAdapter& loaded) {
  if (source.mapping.empty()) {
    loaded.problems.push_back({"", 0, "adapter mapping needs 'mapping', a mapping file", false});
    return;
  }
  if (!source.fhir_mapping.empty() || source.compat_exact)
    loaded.problems.push_back({"", 0, "'fhir_mapping' and 'compat' are for adapter iomt", false});
  MappingAdapter made =
      changed.mapping.empty() ? load_mapping(source.mapping, examples) : compile_mapping(changed.mapping, source.mapping, examples);
  const bool usable = loaded.problems.empty();
  loaded.problems.insert(loaded.problems.end(), made.problems.begin(), made.problems.end());
  if (usable) loaded.adapter = std::move(made.adapter);
}

}  // namespace

bool is_made_from_files(std::string_view adapter) {
  for (std::string_view name : made_from_files) {
    if (name == adapter) return true;
  }
  return false;
}

std::string known_adapters() {
  std::string known;
  for (const adapters::Adapter& adapter : adapters::all_adapters()) known.append(adapter.name).append(", ");
  for (std::string_view name : made_from_files) known.append(name).append(", ");
  known.resize(known.size() - 2);
  return known;
}

SourceAdapter load_adapter(const Source& source, Examples examples) { return load_adapter(source, {}, examples); }

SourceAdapter load_adapter(const Source& source, const ChangedFiles& changed, Examples examples) {
  SourceAdapter loaded;
  if (source.adapter == "mapping") {
    load_hjemport_mapping(source, changed, examples, loaded);
    return loaded;
  }
  if (source.adapter == "iomt") {
    load_iomt(source, changed, loaded);
    return loaded;
  }
  if (!source.mapping.empty() || !source.fhir_mapping.empty() || source.compat_exact) {
    loaded.problems.push_back({"", 0, "'mapping', 'fhir_mapping' and 'compat' are for adapters made from files", false});
  }
  const adapters::Adapter* built_in = adapters::adapter_named(source.adapter);
  if (built_in == nullptr) {
    loaded.problems.push_back({"", 0, "there is no adapter '" + source.adapter + "'; there are " + known_adapters(), false});
  } else if (loaded.problems.empty()) {
    loaded.adapter = std::shared_ptr<const adapters::Adapter>(std::shared_ptr<void>(), built_in);  // lives as long as the program
  }
  return loaded;
}

}  // namespace gateway::config
