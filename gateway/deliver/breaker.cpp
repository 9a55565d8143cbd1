#include "gateway/deliver/breaker.hpp"

#include <algorithm>

namespace gateway::deliver {

void Breaker::delivered() {
  state_ = State::closed;
  failures_ = refusals_ = openings_ = 0;
}

void Breaker::refused(fhir::Time now, bool probe) {
  failures_ = 0;
  ++refusals_;
  if (state_ != State::closed && !probe) return;
  if (refusals_ >= settings_.refusals)
    open(now, std::nullopt);
  else
    state_ = State::closed;  // it is there and answers
}

void Breaker::failed(fhir::Time now, bool probe, std::optional<std::chrono::seconds> retry_after) {
  if (state_ == State::closed && ++failures_ < settings_.failures) return;
  if (state_ == State::closed || probe) open(now, retry_after);
}

void Breaker::throttled(bool probe) {
  if (probe) state_ = State::closed;  // the caller pauses it
}

void Breaker::open(fhir::Time now, std::optional<std::chrono::seconds> at_least) {
  state_ = State::open;
  ++openings_;
  // At least half of the ceiling: full jitter could make an open breaker a busy loop.
  std::chrono::milliseconds half = settings_.wait.ceiling(openings_) / 2;
  std::chrono::milliseconds wait = half + settings_.wait.wait(openings_, random_) / 2;
  if (at_least) wait = std::max<std::chrono::milliseconds>(wait, *at_least);
  until_ = now + wait;
}

}  // namespace gateway::deliver
