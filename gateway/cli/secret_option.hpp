// A secret named on the command line as in the configuration, env:NAME or file:PATH: what stands on a command line can
// be read by everybody on the machine.
#pragma once

#include <string>

#include "fhir/result.hpp"

namespace gateway::cli {

// The error continues "--token ...".
fhir::Result<std::string> named_secret(const std::string& reference);

}  // namespace gateway::cli
