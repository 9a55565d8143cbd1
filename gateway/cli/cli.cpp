#include "gateway/cli/cli.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <string_view>

namespace gateway::cli {
namespace {

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(Arguments, Streams&);
};

constexpr Command commands[] = {
    {"backtest", "what limits and rules would have done with past readings", backtest_command},
    {"check", "validate a configuration and everything it names", check_command},
    {"conformance", "check how a vendor sends, and print the report it is handed", conformance_command},
    {"convert", "turn a vendor's payload into FHIR resources", convert_command},
    {"deadletters", "deliveries that were given up: list, show, retry, discard", deadletters_command},
    {"quarantine", "payloads that wait for a decision: list, show, retry, discard", quarantine_command},
    {"reload", "let the running gateway read its configuration again", reload_command},
    {"score", "early warning and questionnaire scores from their inputs", score_command},
    {"serve", "run the gateway", serve_command},
    {"simulate", "synthetic patients pushing at a gateway", simulate_command},
    {"version", "print the version", version_command},
    {"why", "what was judged of a reading, and what came of it", why_command},
};

void usage(std::ostream& out) {
  out << "usage: hjemport COMMAND [OPTIONS]\n\n";
  for (const Command& command : commands) {
    out << "  " << std::left << std::setw(14) << command.name << command.summary << '\n';
  }
  out << "\nhjemport COMMAND --help tells a command's options.\n";
}

}  // namespace

int run(Arguments arguments, Streams& streams) {
  if (arguments.empty()) {
    usage(streams.error);
    return exit_usage;
  }
  std::string_view name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    usage(streams.out);
    return 0;
  }
  if (name == "--version") name = "version";
  auto command =
      std::find_if(std::begin(commands), std::end(commands), [&](const Command& row) { return row.name == name; });
  if (command == std::end(commands)) {
    streams.error << "hjemport: there is no command '" << name << "'\n\n";
    usage(streams.error);
    return exit_usage;
  }
  return command->run(arguments.subspan(1), streams);
}

int run(int argc, char** argv) {
  Streams streams{std::cin, std::cout, std::cerr};
  Arguments all(argv, static_cast<std::size_t>(argc));
  int status = run(all.empty() ? all : all.subspan(1), streams);
  std::cout.flush();
  // A full disk or a closed pipe must not look like a success to a script.
  return status == 0 && !std::cout ? 1 : status;
}

}  // namespace gateway::cli
