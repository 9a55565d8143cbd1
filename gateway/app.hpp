// The composition root: owns every long-lived object, wires them, starts them in order and stops them in reverse.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "gateway/api/reload.hpp"
#include "gateway/config/config.hpp"
#include "gateway/runtime/clock.hpp"
#include "gateway/store/store.hpp"

namespace gateway {

// What a run may replace: tests and the demo bring their own clock, randomness or store.
struct World {
  const Clock& clock = system_clock();
  Random& random = system_random();
  std::function<std::unique_ptr<store::Store>(const config::Config&)> open_store;  // empty: SQLite at the configured path
};

class App {
 public:
  // Opens the store and binds the listeners; throws what makes a start impossible.
  App(config::Config, World = {});
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  void start();
  // The bound ports, in the order of the configuration's `listen`.
  const std::vector<unsigned short>& ports() const;
  const std::vector<unsigned short>& mllp_ports() const;  // in the order of `mllp`
  const config::Config& config() const;
  // Reads the configuration file again and takes up what can be taken up while running. Any thread of the caller's; blocks.
  api::ReloadReport reload();
  // Stop accepting, answer what is queued, commit it, close. Blocks until done; idempotent.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace gateway
