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

// A value between the inner bounds of both sides, so that an open alarm can ever return to normal.
void find_clear_problems(const Limit& limit, std::vector<std::string>& found) {
  const std::optional<Number>& low = limit.warning_low ? limit.warning_low : limit.alert_low;
  const std::optional<Number>& high = limit.warning_high ? limit.warning_high : limit.alert_high;
  const auto wrong = [&](std::string text) { found.push_back(subject(limit) + ": " + std::move(text)); };
  if (limit.clear_low) {
    if (!low) wrong("clear_low needs warning_low or alert_low");
    if (low && !(*limit.clear_low > *low)) wrong("clear_low " + text(*limit.clear_low) + " must be above " + text(*low));
    if (high && !(*limit.clear_low < *high)) wrong("clear_low " + text(*limit.clear_low) + " must be below " + text(*high));
  }
  if (limit.clear_high) {
    if (!high) wrong("clear_high needs warning_high or alert_high");
    if (high && !(*limit.clear_high < *high)) wrong("clear_high " + text(*limit.clear_high) + " must be below " + text(*high));
    if (low && !(*limit.clear_high > *low)) wrong("clear_high " + text(*limit.clear_high) + " must be above " + text(*low));
  }
  if (limit.clear_low && limit.clear_high && *limit.clear_low > *limit.clear_high) {
    wrong("clear_low " + text(*limit.clear_low) + " must not be above clear_high " + text(*limit.clear_high) +
          ": no reading would be back to normal");
  }
}

}  // namespace

std::string_view name(Outcome outcome) {
  static constexpr std::array<std::string_view, 7> names{"within",     "breach",  "no-limit", "undecidable",
                                                         "incomplete", "pending", "not-now"};
  return names[static_cast<std::size_t>(outcome)];
}

bool same_reading(const Limit& a, const Limit& b) {
  return a.kind == b.kind && a.component == b.component && overlap(a.applies, b.applies);
}

std::vector<std::string> problems(const std::vector<Limit>& limits) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const Limit& limit = limits[i];
    if (limit.kind.empty()) found.push_back("limit " + std::to_string(i + 1) + ": kind is missing");
    find_order_problems(limit, found);
    find_clear_problems(limit, found);
    const auto all_of = [&](std::vector<std::string> texts) {
      for (std::string& text : texts) found.push_back(subject(limit) + ": " + std::move(text));
    };
    all_of(problems(limit.applies));
    all_of(problems(limit.of, limit.sustained));
    if (limit.baseline) all_of(problems(*limit.baseline));
    for (std::size_t before = 0; before < i; ++before) {
      if (!same_reading(limits[before], limit)) continue;
      const bool always = limits[before].applies.always() && limit.applies.always();
      found.push_back(subject(limit) + (always ? ": given twice" : ": two limits may speak of the same reading"));
      break;
    }
  }
  return found;
}

std::vector<std::string> problems(const std::optional<CountOf>& of, std::chrono::minutes sustained) {
  std::vector<std::string> found;
  if (of && (of->readings < 1 || of->last < 1)) found.emplace_back("'of' counts from 1");
  if (of && of->last > count_of_max) found.push_back("'of' looks at no more than the last " + std::to_string(count_of_max) + " readings");
  if (of && of->readings > of->last) {
    found.push_back("'of' asks for " + std::to_string(of->readings) + " of the last " + std::to_string(of->last) + " readings");
  }
  if (sustained.count() < 0) found.emplace_back("'for' must be more than 0");
  if (of && sustained.count() != 0) found.emplace_back("'of' and 'for' are two ways of saying how often; give one");
  return found;
}

std::vector<std::string> problems(const Baseline& baseline) {
  std::vector<std::string> found;
  const bool given = baseline.statistic == Baseline::Statistic::given;
  if (given && !baseline.window.empty()) found.emplace_back("a baseline with a value has no window");
  if (!given && baseline.window.empty()) found.emplace_back("the window of a baseline must be more than 0, like 14d");
  if (!given && baseline.readings < 1) found.emplace_back("'readings' of a baseline must be at least 1");
  if (given && baseline.percent && !(baseline.value > Number{})) found.emplace_back("a percentage of a baseline needs a value above 0");
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
