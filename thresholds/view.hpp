// The readings of one series as a condition looks at them, newest first, and the two questions asked of several at once: how many of the
// last, and for how long. Part of rule_judge.cpp, apart because it knows no rules.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "thresholds/crossing.hpp"
#include "thresholds/history.hpp"
#include "thresholds/rule_set.hpp"

namespace thresholds {

// What a test answers; all but no and yes say why it cannot.
enum class Truth : std::uint8_t { no, yes, pending, open, missing, not_now };

struct Answer {
  Truth truth = Truth::no;
  std::string_view why;
  bool clears = true;             // of a no
  std::optional<Time> from, to;   // of the newest readings looked at
};

inline Truth truth_of(Crossing crossing) {
  return crossing == Crossing::yes ? Truth::yes : crossing == Crossing::no ? Truth::no : Truth::open;
}

// The readings of one series that count, up to the instant judged.
class View {
 public:
  View(Series readings, const Applies& sieve, Time at, std::uint16_t place) : sieve_(sieve.always() ? nullptr : &sieve), place_(place) {
    auto end = std::upper_bound(readings.begin(), readings.end(), at, [](Time time, const Reading& reading) { return time < reading.measured; });
    readings_ = readings.first(static_cast<std::size_t>(end - readings.begin()));
  }

  std::uint16_t place() const { return place_; }

  // Newest first, until `use` returns false.
  template <class Use>
  void backwards(const Use& use) const {
    for (auto reading = readings_.rbegin(); reading != readings_.rend(); ++reading) {
      if (sieve_ != nullptr && !sieve_->holds(reading->measured, reading->circumstances)) continue;
      if (!use(*reading)) return;
    }
  }

  const Reading* newest() const {
    const Reading* found = nullptr;
    backwards([&](const Reading& reading) {
      found = &reading;
      return false;
    });
    return found;
  }

 private:
  Series readings_;
  const Applies* sieve_;
  std::uint16_t place_;
};

inline Crossing crosses(Compare compare, const Reading& reading, const Number& bound) {
  switch (compare) {
    case Compare::above:
      return above(reading.value, reading.comparator, bound);
    case Compare::below:
      return below(reading.value, reading.comparator, bound);
    case Compare::at_least:
      return at_least(reading.value, reading.comparator, bound);
    case Compare::at_most:
      return at_most(reading.value, reading.comparator, bound);
  }
  return Crossing::open;
}

// Comparing two exact numbers, for what is computed.
inline bool met(Compare compare, const Number& value, const Number& bound) {
  return crosses(compare, Reading{.value = value}, bound) == Crossing::yes;
}

inline bool towards_high(Compare compare) { return compare == Compare::above || compare == Compare::at_least; }

// `of` and `for` over readings that each cross or not.
template <class Crosses>
Answer counted(const View& view, const CountOf& of, const Crosses& crossing_of, Evidence& evidence) {
  int seen = 0, certain = 0, possible = 0;
  Crossing newest = Crossing::no;
  view.backwards([&](const Reading& reading) {
    if (seen == of.last) return false;
    const Crossing crossing = crossing_of(reading);
    if (seen == 0) newest = crossing;
    ++seen;
    certain += crossing == Crossing::yes;
    possible += crossing != Crossing::no;
    evidence.add(reading, view.place());
    return true;
  });
  evidence.value = Number{certain, 0};
  evidence.bound = Number{of.readings, 0};
  if (certain >= of.readings) return {Truth::yes, "often-enough"};
  if (possible >= of.readings) return {Truth::open, "comparator"};
  if (newest == Crossing::no) return {Truth::no, "not-often-enough"};
  return {newest == Crossing::yes ? Truth::pending : Truth::open, "not-often-enough"};
}

// All readings of the span breach, first to last at least `length`, no gap longer than it.
template <class Crosses>
Answer lasting(const View& view, std::chrono::minutes length, const Crosses& crossing_of, Evidence& evidence) {
  const Reading* newest = nullptr;
  const Reading* earliest = nullptr;
  Crossing first = Crossing::no;
  bool uncertain = false;
  bool reached = false;
  view.backwards([&](const Reading& reading) {
    const Crossing crossing = crossing_of(reading);
    if (newest == nullptr) {
      first = crossing;
      newest = &reading;
    }
    if (crossing == Crossing::no) return false;
    if (earliest != nullptr && earliest->measured - reading.measured > length) return false;
    uncertain = uncertain || crossing == Crossing::open;
    earliest = &reading;
    evidence.add(reading, view.place());
    reached = newest->measured - reading.measured >= length;
    return !reached;
  });
  if (first == Crossing::no) return {Truth::no, "within"};
  if (reached) return {uncertain ? Truth::open : Truth::yes, uncertain ? std::string_view("comparator") : std::string_view("long-enough")};
  return {first == Crossing::yes ? Truth::pending : Truth::open, "not-long-enough"};
}

}  // namespace thresholds
