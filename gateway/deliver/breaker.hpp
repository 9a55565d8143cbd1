// The circuit breaker of one destination: after a row of failures nothing is sent but one probe after each wait, until
// one is taken. Pure; time is passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "fhir/time.hpp"
#include "gateway/deliver/backoff.hpp"
#include "gateway/runtime/clock.hpp"

namespace gateway::deliver {

class Breaker {
 public:
  struct Settings {
    std::uint32_t failures = 5;  // transport errors and 5xx in a row
    // Refusals (4xx) in a row. Each parks its own item, but hundreds of them without one success are a revoked right or
    // a wrong address, and must not turn the whole journal into dead letters.
    std::uint32_t refusals = 100;
    Backoff wait;
  };
  enum class State : std::uint8_t { closed, open, probing };

  Breaker(Settings settings, Random& random) : settings_(settings), random_(random) {}

  State state() const { return state_; }
  bool closed() const { return state_ == State::closed; }
  fhir::Time until() const { return until_; }  // open: when a probe may go
  // The probe is sent; its answer comes with `probe` set.
  void probe() { state_ = State::probing; }

  // What an answer says of the destination. Answers to requests sent before it opened count only when they are good
  // news.
  void delivered();
  void refused(fhir::Time now, bool probe);
  void failed(fhir::Time now, bool probe, std::optional<std::chrono::seconds> retry_after);
  void throttled(bool probe);

 private:
  void open(fhir::Time now, std::optional<std::chrono::seconds> at_least);

  Settings settings_;
  Random& random_;
  State state_ = State::closed;
  std::uint32_t failures_ = 0, refusals_ = 0, openings_ = 0;
  fhir::Time until_{};
};

}  // namespace gateway::deliver
