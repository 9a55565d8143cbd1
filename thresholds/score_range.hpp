// What a score can be while some of its inputs are unknown.
#pragma once

namespace thresholds {

struct ScoreRange {
  int min = 0, max = 0;  // both inside, both reachable

  bool operator==(const ScoreRange&) const = default;
  ScoreRange& operator+=(const ScoreRange& other) {
    min += other.min;
    max += other.max;
    return *this;
  }
};

}  // namespace thresholds
