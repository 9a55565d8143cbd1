// More new alarms than anybody can deal with, as a pure decision over when each came.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

#include "thresholds/alarm_state.hpp"

namespace thresholds {

// ISA-18.2 / IEC 62682 by way of clinical.md 5.1: a flood starts with more than 10 alarms in 10 minutes and ends with fewer than 5. The
// figures are an operator's; a centre with several sets its own.
struct FloodPolicy {
  std::size_t starts_above = 10, ends_below = 5;
  std::chrono::minutes within{10};
  bool operator==(const FloodPolicy&) const = default;
};

class Flood {
 public:
  explicit Flood(const FloodPolicy& policy, bool on = false) : policy_(policy), on_(on) {}

  void came(Time at);         // a new alarm; times need not ascend
  // Whether there is a flood by now. What came at exactly `within` before now counts still.
  bool look(Time now);
  bool on() const { return on_; }
  std::size_t count() const { return came_.size(); }  // within the span, as of the last look
  const FloodPolicy& policy() const { return policy_; }

 private:
  FloodPolicy policy_;
  std::deque<Time> came_;  // ascending
  bool on_;
};

}  // namespace thresholds
