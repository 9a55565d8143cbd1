#include <string>

#include "gateway/cli/arguments.hpp"
#include "gateway/cli/serve.hpp"

namespace gateway::cli {

int serve_command(Arguments arguments, Streams& streams) {
  CLI::App app("Runs the gateway until SIGTERM or SIGINT, then answers what is under way and ends.", "hjemport serve");
  std::string file;
  app.add_option("--config", file, "the configuration file (YAML)")->required();
  if (std::optional<int> stop = parse(app, arguments, streams)) return *stop;
  return serve(file);
}

}  // namespace gateway::cli
