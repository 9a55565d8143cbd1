#include "gateway/timers/loop.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>

#include "gateway/runtime/log.hpp"

namespace gateway::timers {

void Loop::add(Timer& timer) { timers_.push_back(&timer); }

void Loop::step() {
  Tick tick;
  tick.now = clock_.now();
  tick.steady = clock_.steady_now();
  const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(tick.steady - last_);
  tick.ran = std::clamp<std::chrono::microseconds>(passed, std::chrono::microseconds(0), longest_step);
  last_ = tick.steady;
  for (Timer* timer : timers_) {
    try {
      timer->step(tick);
    } catch (const std::exception& error) {
      log::error("timer_failed", {{"timer", timer->name()}, {"what", std::string_view(error.what())}});
    }
  }
}

void Loop::start() { wait(); }

void Loop::stop(std::function<void()> done) {
  boost::asio::post(timer_.get_executor(), [this, done = std::move(done)] {
    stopped_ = true;
    timer_.cancel();
    done();
  });
}

void Loop::wait() {
  timer_.expires_after(period);
  timer_.async_wait([this](const boost::system::error_code& fault) {
    if (fault || stopped_) return;
    step();
    wait();
  });
}

}  // namespace gateway::timers
