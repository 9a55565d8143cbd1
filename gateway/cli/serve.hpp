// `hjemport serve`: load the configuration, run until SIGTERM or SIGINT, read it again on SIGHUP, stop gracefully.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway {
class App;
}

namespace gateway::cli {

// 0 after a graceful stop, 1 when the configuration or the start failed (every problem is printed).
int serve(const std::string& config_file);

// Loads, prints every problem on standard error, and makes sure of the installation's secret; nothing when it cannot be used.
std::optional<config::Config> usable_config(const std::string& config_file);
// Keeps SIGTERM, SIGINT and SIGHUP for run_until_stopped(), in every thread that starts after this; before any does.
void hold_signals();
// Blocks until SIGTERM or SIGINT; on SIGHUP the configuration is read again, and what is wrong with it printed on standard error.
void run_until_stopped(App&);
// One line a listener on standard output: "listening on http://127.0.0.1:8080".
void print_listeners(const config::Config&, const std::vector<unsigned short>& ports);

}  // namespace gateway::cli
