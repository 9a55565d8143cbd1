#include "thresholds/crossing.hpp"

namespace thresholds {
namespace {

Crossing inverse(Crossing crossing) {
  return crossing == Crossing::open ? Crossing::open : crossing == Crossing::yes ? Crossing::no : Crossing::yes;
}

}  // namespace

Crossing above(const Number& value, Comparator comparator, const Number& bound) {
  switch (comparator) {
    case Comparator::none:
      return value > bound ? Crossing::yes : Crossing::no;
    case Comparator::greater:
      return value >= bound ? Crossing::yes : Crossing::open;
    case Comparator::greater_or_equal:
      return value > bound ? Crossing::yes : Crossing::open;
    case Comparator::less:
    case Comparator::less_or_equal:
      return value <= bound ? Crossing::no : Crossing::open;
  }
  return Crossing::open;
}

Crossing below(const Number& value, Comparator comparator, const Number& bound) {
  switch (comparator) {
    case Comparator::none:
      return value < bound ? Crossing::yes : Crossing::no;
    case Comparator::less:
      return value <= bound ? Crossing::yes : Crossing::open;
    case Comparator::less_or_equal:
      return value < bound ? Crossing::yes : Crossing::open;
    case Comparator::greater:
    case Comparator::greater_or_equal:
      return value >= bound ? Crossing::no : Crossing::open;
  }
  return Crossing::open;
}

Crossing at_least(const Number& value, Comparator comparator, const Number& bound) {
  return inverse(below(value, comparator, bound));
}

Crossing at_most(const Number& value, Comparator comparator, const Number& bound) {
  return inverse(above(value, comparator, bound));
}

}  // namespace thresholds
