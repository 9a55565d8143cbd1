// When synthetic people measure, and when their vendor gets it pushed. Counts in simulated time since the start; the
// past before the start is negative. Pure.
#pragma once

#include <chrono>
#include <vector>

#include "gateway/demo/people.hpp"

namespace gateway::demo {

class Traffic {
 public:
  using Moment = std::chrono::milliseconds;

  // `history`: how long before the start everybody already measured, four times a day. It is pushed at the start, in
  // late-sync when the person's telephone finds the network again.
  Traffic(const std::vector<Person>& people, Scenario, std::uint64_t seed, Moment history);

  struct Due {
    std::size_t person;
    std::vector<Moment> sittings;  // oldest first; not empty
  };
  // What is to be pushed at `now`, which never goes back.
  std::vector<Due> due(Moment now);

 private:
  struct Habit {
    Moment interval;
    Moment next;
    std::uint64_t count = 0;
    Moment online{0};  // pushes nothing before
    std::vector<Moment> waiting;
  };
  Moment after(Habit&, std::size_t person) const;
  bool connected(const Habit&, Moment now) const;

  Scenario scenario_;
  std::uint64_t seed_;
  std::vector<Habit> habits_;
};

// The outage scenario's: in the vendor's cloud nothing moves, each simulated day.
inline constexpr std::chrono::hours outage_begins{6}, outage_ends{12};

}  // namespace gateway::demo
