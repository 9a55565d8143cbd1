// hjemport check: the configuration as serve would read it, every problem with file and line.
#include <ostream>
#include <string>

#include "gateway/cli/arguments.hpp"
#include "gateway/config/config.hpp"

namespace gateway::cli {
namespace {

void summarise(const config::Config& config, std::ostream& out) {
  out << config.file.string() << ": usable; tenants " << config.tenants.size() << ", sources " << config.sources.size()
      << ", clients " << config.clients.size() << ", destinations " << config.destinations.size() << ", programmes "
      << config.programmes.size() << '\n';
}

}  // namespace

int check_command(Arguments arguments, Streams& streams) {
  CLI::App app(
      "Validates a configuration and everything it names: rules, secrets, TLS files. Exit status 0 when it can be used "
      "(warnings do not matter), 1 when not.",
      "hjemport check");
  std::string file;
  app.add_option("--config", file, "the configuration file (YAML)")->required();
  if (std::optional<int> stop = parse(app, arguments, streams)) return *stop;

  config::Loaded loaded = config::load(file);
  for (const config::Problem& problem : loaded.problems) streams.out << config::text(problem) << '\n';
  if (!loaded.usable()) return 1;
  summarise(loaded.config, streams.out);
  return 0;
}

}  // namespace gateway::cli
