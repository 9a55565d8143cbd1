#include "gateway/cli/arguments.hpp"

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "gateway/cli/cli.hpp"

namespace gateway::cli {

std::optional<int> parse(CLI::App& app, Arguments arguments, Streams& streams) {
  std::vector<std::string> words(arguments.begin(), arguments.end());
  std::reverse(words.begin(), words.end());  // CLI11 takes a vector from its end
  try {
    app.parse(std::move(words));
    return std::nullopt;
  } catch (const CLI::ParseError& stop) {
    // Asked for help: CLI11 throws for that, too.
    if (stop.get_exit_code() == 0) {
      app.exit(stop, streams.out, streams.error);
      return 0;
    }
    streams.error << app.get_name() << ": " << stop.what() << "\n\n" << app.help();
    return exit_usage;
  }
}

}  // namespace gateway::cli
