// Where the true value of a reading lies against one bound. A reading with a comparator names a half-line (">33.3"), so it may be open.
#pragma once

#include <cstdint>

#include "thresholds/limits.hpp"
#include "thresholds/number.hpp"

namespace thresholds {

enum class Crossing : std::uint8_t { no, yes, open };

Crossing above(const Number& value, Comparator, const Number& bound);     // strictly
Crossing below(const Number& value, Comparator, const Number& bound);     // strictly
Crossing at_least(const Number& value, Comparator, const Number& bound);  // not below
Crossing at_most(const Number& value, Comparator, const Number& bound);   // not above

}  // namespace thresholds
