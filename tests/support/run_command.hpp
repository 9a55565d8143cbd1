// The command line called as the shell calls it, in this process.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "gateway/cli/cli.hpp"

namespace support {

struct Ran {
  int status;
  std::string out, error;
};

inline Ran run_command(const std::vector<std::string>& words, const std::string& input = "") {
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  std::istringstream in(input);
  std::ostringstream out, error;
  gateway::cli::Streams streams{in, out, error};
  const int status = gateway::cli::run(arguments, streams);
  return {status, out.str(), error.str()};
}

}  // namespace support
