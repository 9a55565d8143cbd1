// hjemport check: the configuration as serve would read it, every problem with file and line.
#include <ostream>
#include <string>

#include "gateway/cli/arguments.hpp"
#include "gateway/cli/cli.hpp"
#include "gateway/config/config.hpp"
#include "gateway/config/mapping_adapter.hpp"

namespace gateway::cli {
namespace {

void summarise(const config::Config& config, std::ostream& out) {
  out << config.file.string() << ": usable; tenants " << config.tenants.size() << ", sources " << config.sources.size()
      << ", clients " << config.clients.size() << ", destinations " << config.destinations.size() << ", programmes "
      << config.programmes.size() << '\n';
}

int check_mapping(const std::string& file, std::ostream& out) {
  const config::MappingAdapter made = config::load_mapping(file);
  for (const config::Problem& problem : made.problems) out << config::text(problem) << '\n';
  if (!made.adapter) return 1;
  out << file << ": usable; every example gives what it says\n";
  return 0;
}

}  // namespace

int check_command(Arguments arguments, Streams& streams) {
  CLI::App app(
      "Validates a configuration and everything it names: rules, secrets, TLS files, mappings and their examples. Exit "
      "status 0 when it can be used (warnings do not matter), 1 when not.",
      "hjemport check");
  std::string file, mapping;
  CLI::Option* whole = app.add_option("--config", file, "the configuration file (YAML)");
  CLI::Option* single = app.add_option("--mapping", mapping, "only this mapping file and its examples")->excludes(whole);
  whole->excludes(single);
  if (std::optional<int> stop = parse(app, arguments, streams)) return *stop;
  if (!mapping.empty()) return check_mapping(mapping, streams.out);
  if (file.empty()) {
    streams.error << "hjemport check: --config FILE or --mapping FILE is needed\n";
    return exit_usage;
  }

  config::Loaded loaded = config::load(file);
  for (const config::Problem& problem : loaded.problems) streams.out << config::text(problem) << '\n';
  if (!loaded.usable()) return 1;
  summarise(loaded.config, streams.out);
  return 0;
}

}  // namespace gateway::cli
