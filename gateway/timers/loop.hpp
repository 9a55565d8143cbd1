// One loop for what happens because time passes: clocks of alarms, silence, self-tests. Each timer is a file of its own and is stepped with the injected
// clock; nothing in it waits or sleeps. Tests move the clock and call step().
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <string_view>
#include <vector>

#include "gateway/runtime/clock.hpp"

namespace gateway::timers {

struct Tick {
  fhir::Time now{};                                // wall time, for records and for hours of the day
  std::chrono::steady_clock::time_point steady{};  // for durations
  // How long the program ran since the step before. Less than what passed when it stood still, stopped or on a machine asleep: no
  // deadline runs out while nobody could have been heard.
  std::chrono::microseconds ran{0};
};

class Timer {
 public:
  virtual ~Timer() = default;
  virtual std::string_view name() const = 0;  // for the log
  // On the loop's thread; must not block. What it throws is logged, and it is stepped again.
  virtual void step(const Tick&) = 0;
};

class Loop {
 public:
  static constexpr std::chrono::seconds period{1};
  // OURS. A loop that comes by every second and was away for longer than this did not run; more than that is not counted as running.
  static constexpr std::chrono::seconds longest_step{30};

  // Both outlive it.
  Loop(boost::asio::io_context& context, const Clock& clock) : clock_(clock), timer_(context), last_(clock.steady_now()) {}

  void add(Timer&);  // before start; outlives it
  void step();       // the loop's thread
  void start();      // steps by itself from here on
  void stop(std::function<void()> done);  // any thread; `done` on the loop, after which nothing is stepped

 private:
  void wait();

  const Clock& clock_;
  std::vector<Timer*> timers_;
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point last_;
  bool stopped_ = false;
};

}  // namespace gateway::timers
