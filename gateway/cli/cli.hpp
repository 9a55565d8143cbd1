// The command line (design.md 8.1): picks the command. Each command is one file and one line of the table in cli.cpp.
#pragma once

#include "gateway/cli/command.hpp"

namespace gateway::cli {

inline constexpr int exit_usage = 64;  // sysexits.h EX_USAGE

// What the program does with its arguments (without its name); the result is the exit status.
int run(Arguments, Streams&);
int run(int argc, char** argv);  // on the standard streams

}  // namespace gateway::cli
