#include "thresholds/limits.hpp"

#include <array>
#include <cstddef>

#include "thresholds/crossing.hpp"

namespace thresholds {
namespace {

struct NamedBound {
  std::string_view name;
  Bound bound;
  Severity severity;
  Direction direction;
  std::optional<Number> Limit::*value;
};

// Outermost first on each side. Warning is moderate, alert is severe (design.md section 7).
constexpr std::array<NamedBound, 4> outermost_first{{
    {"alert_high", Bound::alert_high, Severity::severe, Direction::high, &Limit::alert_high},
    {"alert_low", Bound::alert_low, Severity::severe, Direction::low, &Limit::alert_low},
    {"warning_high", Bound::warning_high, Severity::moderate, Direction::high, &Limit::warning_high},
    {"warning_low", Bound::warning_low, Severity::moderate, Direction::low, &Limit::warning_low},
}};

// From the top down, as OpenTele validates them (vendors.md A.3).
constexpr std::array<NamedBound, 4> descending{
    {outermost_first[0], outermost_first[2], outermost_first[3], outermost_first[1]}};

std::string subject(const Limit& limit) {
  return limit.component.empty() ? limit.kind : limit.kind + "/" + limit.component;
}

void find_order_problems(const Limit& limit, std::vector<std::string>& found) {
  const NamedBound* upper = nullptr;
  for (const NamedBound& bound : descending) {
    const std::optional<Number>& value = limit.*bound.value;
    if (!value) continue;
    if (upper) {
      const Number& above_it = *(limit.*upper->value);
      if (!(above_it > *value)) {
        found.push_back(subject(limit) + ": " + std::string(upper->name) + " " + text(above_it) + " must be above " +
                        std::string(bound.name) + " " + text(*value));
      }
    }
    upper = &bound;
  }
  if (!upper) found.push_back(subject(limit) + ": no bound given");
}

}  // namespace

std::vector<std::string> problems(const std::vector<Limit>& limits) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const Limit& limit = limits[i];
    if (limit.kind.empty()) found.push_back("limit " + std::to_string(i + 1) + ": kind is missing");
    find_order_problems(limit, found);
    for (std::size_t before = 0; before < i; ++before) {
      if (limits[before].kind == limit.kind && limits[before].component == limit.component) {
        found.push_back(subject(limit) + ": given twice");
        break;
      }
    }
  }
  return found;
}

Verdict judge(const Limit& limit, const Sample& sample) {
  Verdict verdict;
  if (limit.kind != sample.kind || limit.component != sample.component) return verdict;
  bool open = false;
  bool any = false;
  for (const NamedBound& bound : outermost_first) {
    const std::optional<Number>& value = limit.*bound.value;
    if (!value) continue;
    any = true;
    Crossing crossing = bound.direction == Direction::high ? above(sample.value, sample.comparator, *value)
                                                           : below(sample.value, sample.comparator, *value);
    if (crossing == Crossing::yes) return {Outcome::breach, bound.bound, bound.severity, bound.direction, value, true};
    open = open || crossing == Crossing::open;
  }
  if (any) verdict.outcome = open ? Outcome::undecidable : Outcome::within;
  return verdict;
}

}  // namespace thresholds
