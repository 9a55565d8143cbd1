// What a command is given, so that tests can call one like the shell does.
#pragma once

#include <iosfwd>
#include <span>

namespace gateway::cli {

using Arguments = std::span<const char* const>;  // after the command's name

struct Streams {
  std::istream& in;
  std::ostream& out;    // what was asked for
  std::ostream& error;  // what went wrong
};

// One per command, each in the file of its name. The result is the exit status.
int backtest_command(Arguments, Streams&);
int check_command(Arguments, Streams&);
int conformance_command(Arguments, Streams&);
int convert_command(Arguments, Streams&);
int deadletters_command(Arguments, Streams&);
int quarantine_command(Arguments, Streams&);
int reload_command(Arguments, Streams&);
int score_command(Arguments, Streams&);
int serve_command(Arguments, Streams&);
int simulate_command(Arguments, Streams&);
int version_command(Arguments, Streams&);
int why_command(Arguments, Streams&);

}  // namespace gateway::cli
