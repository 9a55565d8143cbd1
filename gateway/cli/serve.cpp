#include "gateway/cli/serve.hpp"

#include <pthread.h>
#include <signal.h>

#include <iostream>

#include "gateway/app.hpp"
#include "gateway/runtime/log.hpp"

namespace gateway::cli {
namespace {

sigset_t held_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

std::optional<config::Config> usable_config(const std::string& config_file) {
  config::Loaded loaded = config::load(config_file);
  for (const config::Problem& problem : loaded.problems) std::cerr << config::text(problem) << '\n';
  if (!loaded.usable()) return std::nullopt;
  if (fhir::Result<void> secret = config::ensure_installation_secret(loaded.config, system_random()); !secret) {
    std::cerr << secret.error().detail << '\n';
    return std::nullopt;
  }
  log::set_level(loaded.config.log_level);
  return std::move(loaded.config);
}

void hold_signals() {
  const sigset_t set = held_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error of the write, not the end of the process
}

void run_until_stopped(App& app) {
  const sigset_t set = held_signals();
  for (;;) {
    int taken = 0;
    if (sigwait(&set, &taken) != 0) continue;
    if (taken != SIGHUP) return;
    for (const config::Problem& problem : app.reload().problems) std::cerr << config::text(problem) << '\n';
  }
}

void print_listeners(const config::Config& config, const std::vector<unsigned short>& ports) {
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const http::Listen& listen = config.listen[i];
    const bool six = listen.address.find(':') != std::string::npos;
    std::cout << "listening on " << (listen.tls ? "https://" : "http://") << (six ? "[" : "") << listen.address << (six ? "]" : "")
              << ':' << ports[i] << std::endl;
  }
}

namespace {

void print_mllp(const config::Config& config, const std::vector<unsigned short>& ports) {
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const http::Listen& listen = config.mllp[i].listen;
    const bool six = listen.address.find(':') != std::string::npos;
    std::cout << "listening on mllp" << (listen.tls ? "s://" : "://") << (six ? "[" : "") << listen.address << (six ? "]" : "") << ':'
              << ports[i] << std::endl;
  }
}

}  // namespace

int serve(const std::string& config_file) {
  hold_signals();
  std::optional<config::Config> config = usable_config(config_file);
  if (!config) return 1;
  try {
    App app(std::move(*config));
    app.start();
    print_listeners(app.config(), app.ports());
    print_mllp(app.config(), app.mllp_ports());
    log::info("gateway_started", {{"version", HJEMPORT_VERSION}});
    run_until_stopped(app);
    log::info("gateway_stopping");
    app.stop();
    log::info("gateway_stopped");
  } catch (const std::exception& error) {
    std::cerr << "hjemport cannot start: " << error.what() << '\n';
    return 1;
  }
  return 0;
}

}  // namespace gateway::cli
