#include <ostream>

#include "gateway/cli/arguments.hpp"

namespace gateway::cli {

int version_command(Arguments arguments, Streams& streams) {
  CLI::App app("Prints the version.", "hjemport version");
  if (std::optional<int> stop = parse(app, arguments, streams)) return *stop;
  streams.out << "hjemport " << HJEMPORT_VERSION << '\n';
  return 0;
}

}  // namespace gateway::cli
