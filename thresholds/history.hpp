// What is known of a patient when a reading is judged. Views: the caller owns what they point at for the length of the call.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "thresholds/applies.hpp"
#include "thresholds/limits.hpp"
#include "thresholds/number.hpp"

namespace thresholds {

// One reading of one series. Text kinds carry their word's place: consciousness 0..4 for A, C, V, P, U; supplemental-oxygen 0 for air,
// 1 for oxygen.
struct Reading {
  Time measured{};
  Number value;
  Comparator comparator = Comparator::none;
  Circumstances circumstances;
  std::uint64_t id = 0;       // the caller's: which observation; comes back in the evidence
  std::uint32_t version = 1;  // of that observation; likewise
};

// Oldest measured first, of equal times in order of arrival; the reading judged among them. Readings measured after the instant judged
// may be there and are not looked at.
using Series = std::span<const Reading>;

// What the rules may have to know of the person. Unknown is unknown: nothing is refused or assumed for it.
struct Person {
  std::optional<int> age_years;
  std::optional<bool> pregnant;
  int news2_scale = 1;  // 2 only by a clinician's decision for this patient (clinical.md 1.1)
};

}  // namespace thresholds
