// What time alone does to alarms: the one loop that asks the store for what is due and lets the committer decide it. Everything it
// goes by is committed before it acts and read again after a restart: a step that was committed is not taken again, one that was
// not is taken then. The clock is the injected one; the loop's own timer only says when to look. On the maintenance loop.
#pragma once

#include <functional>
#include <memory>

#include "gateway/config/config.hpp"
#include "gateway/timers/means.hpp"

namespace gateway::timers {

class Timers {
 public:
  Timers(const Means&, const config::Config&);
  ~Timers();
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  void start();  // any thread, once
  // Any thread: calls under way are cut, commits under way waited for, then `done` on the context. Before the committer stops.
  void stop(std::function<void()> done);
  // Looks now; the loop does that too, every second. Any thread.
  void look();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // with posted work
};

}  // namespace gateway::timers
