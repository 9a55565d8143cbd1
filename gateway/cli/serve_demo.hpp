// `hjemport serve --demo`: the gateway, synthetic patients and their vendors, and a receiving record system, in one
// process on loopback.
#pragma once

#include <string>

namespace gateway::cli {

// `config_file`: where the demonstration's files are written and stay; empty: a temporary folder that is removed at the
// end. The exit status as of serve().
int serve_demo(const std::string& config_file);

}  // namespace gateway::cli
