#include "thresholds/statistics.hpp"

#include <algorithm>

namespace thresholds {
namespace {

__extension__ typedef __int128 Wide;

constexpr int more_decimals = 9;
// Sums over 10,000 readings within 400 days stay in 127 bits with values below this.
constexpr std::int64_t coefficient_max = 1'000'000'000'000;

bool lower(const Number& a, const Number& b) { return a < b; }

}  // namespace

void Values::add(const Reading& reading) {
  const Point point{reading.measured, reading.value};
  if (size_ < near_max) {
    near_[size_] = point;
  } else {
    if (far_.empty()) far_.assign(near_.begin(), near_.end());
    far_.push_back(point);
  }
  ++size_;
}

std::span<const Values::Point> Values::points() const {
  return far_.empty() ? std::span<const Point>(near_.data(), size_) : std::span<const Point>(far_);
}

std::optional<Number> Values::statistic(Baseline::Statistic statistic) const {
  if (size_ == 0) return std::nullopt;
  const auto by_value = [](const Point& a, const Point& b) { return lower(a.value, b.value); };
  switch (statistic) {
    case Baseline::Statistic::average:
      return average();
    case Baseline::Statistic::median:
      return median();
    case Baseline::Statistic::highest:
      return std::ranges::max_element(points(), by_value)->value;
    case Baseline::Statistic::lowest:
      return std::ranges::min_element(points(), by_value)->value;
    case Baseline::Statistic::given:
      break;
  }
  return std::nullopt;
}

std::optional<Number> Values::average() const {
  std::optional<Number> sum = Number{};
  for (const Point& point : points()) {
    sum = plus(*sum, point.value);
    if (!sum) return std::nullopt;
  }
  return divided(*sum, static_cast<std::int64_t>(size_), std::max(sum->scale, 0) + more_decimals);
}

std::optional<Number> Values::median() const {
  std::vector<Number> values;
  values.reserve(size_);
  for (const Point& point : points()) values.push_back(point.value);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(size_ / 2);
  std::nth_element(values.begin(), middle, values.end(), lower);
  if (size_ % 2 == 1) return *middle;
  const std::optional<Number> both = plus(*std::max_element(values.begin(), middle, lower), *middle);
  return both ? divided(*both, 2, std::max(both->scale, 0) + 1) : std::nullopt;
}

std::optional<Number> Values::slope_per_day() const {
  if (size_ < 2) return std::nullopt;
  int scale = 0;
  for (const Point& point : points()) scale = std::max(scale, point.value.scale);
  const Time origin = points().front().at;
  const Number zero{0, scale};
  Wide n = static_cast<Wide>(size_), sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  for (const Point& point : points()) {
    const std::optional<Number> aligned = plus(point.value, zero);
    if (!aligned || aligned->scale != scale || aligned->coefficient > coefficient_max || aligned->coefficient < -coefficient_max) {
      return std::nullopt;
    }
    const Wide x = std::chrono::floor<std::chrono::seconds>(point.at - origin).count(), y = aligned->coefficient;
    sum_x += x;
    sum_y += y;
    sum_xx += x * x;
    sum_xy += x * y;
  }
  const Wide below = n * sum_xx - sum_x * sum_x;
  if (below <= 0) return std::nullopt;  // all at one instant
  constexpr Wide seconds_a_day = 86'400, shift = 1'000;
  const Wide above = (n * sum_xy - sum_x * sum_y) * seconds_a_day * shift;
  const Wide rounded = (above + (above < 0 ? -(below / 2) : below / 2)) / below;
  if (rounded > INT64_MAX || rounded < INT64_MIN) return std::nullopt;
  return Number{static_cast<std::int64_t>(rounded), scale + 3};
}

}  // namespace thresholds
