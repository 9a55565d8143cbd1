#include <ostream>
#include <string>

#include "gateway/cli/arguments.hpp"
#include "gateway/cli/cli.hpp"
#include "gateway/cli/serve.hpp"
#include "gateway/cli/serve_demo.hpp"

namespace gateway::cli {

int serve_command(Arguments arguments, Streams& streams) {
  CLI::App app("Runs the gateway until SIGTERM or SIGINT, then answers what is under way and ends.", "hjemport serve");
  std::string file;
  bool demo = false;
  CLI::Option* config = app.add_option("--config", file, "the configuration file (YAML)");
  app.add_flag("--demo", demo, "run by itself on loopback: synthetic patients, their vendors and a receiving record system");
  if (std::optional<int> stop = parse(app, arguments, streams)) return *stop;
  if (demo) return serve_demo(file);
  if (config->empty()) {
    streams.error << "hjemport serve: --config is required\n\n" << app.help();
    return exit_usage;
  }
  return serve(file);
}

}  // namespace gateway::cli
