// What time alone does to alarms: asks the store for what is due and lets the committer decide it. Everything it goes by is committed
// before it acts and read again after a restart: a step that was committed is not taken again, one that was not is taken then. On the
// maintenance loop.
#pragma once

#include <functional>
#include <memory>

#include "gateway/config/config.hpp"
#include "gateway/timers/loop.hpp"
#include "gateway/timers/means.hpp"

namespace gateway::timers {

class AlarmWatch : public Timer {
 public:
  AlarmWatch(const Means&, const config::Config&);
  ~AlarmWatch() override;

  std::string_view name() const override { return "alarms"; }
  void step(const Tick&) override;
  // Steps soon, without waiting for the loop. Any thread.
  void look();
  // Any thread: calls under way are cut, commits under way waited for, then `done` on the context. Before the committer stops.
  void stop(std::function<void()> done);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // with posted work
};

}  // namespace gateway::timers
