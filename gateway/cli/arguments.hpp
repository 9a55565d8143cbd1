// One command's options over CLI11, with our exit statuses. Included by command files only: CLI11 is a second of
// compile time.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <optional>

#include "gateway/cli/command.hpp"

namespace gateway::cli {

// Fills what the options of `app` are bound to. A value is the exit status to stop with: 0 after --help, 64 for a wrong
// use, which is explained on the error stream.
std::optional<int> parse(CLI::App& app, Arguments, Streams&);

}  // namespace gateway::cli
