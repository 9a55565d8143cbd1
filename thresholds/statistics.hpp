// Statistics over the values of a window, from exact decimals. Quotients are rounded so far behind what was measured that no bound
// written with at most two decimals more than the readings could be decided wrongly by it.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "thresholds/history.hpp"

namespace thresholds {

class Values {
 public:
  void add(const Reading&);  // in any order
  std::size_t size() const { return size_; }

  // None when it has no place in a Number, and of no values.
  std::optional<Number> statistic(Baseline::Statistic) const;  // not `given`
  // Least-squares change per day; none for fewer than two instants.
  std::optional<Number> slope_per_day() const;

 private:
  struct Point {
    Time at{};
    Number value;
  };
  std::span<const Point> points() const;
  std::optional<Number> average() const;
  std::optional<Number> median() const;

  static constexpr std::size_t near_max = 64;  // most windows need no allocation
  std::array<Point, near_max> near_;
  std::vector<Point> far_;  // all of them, once they are more
  std::size_t size_ = 0;
};

}  // namespace thresholds
