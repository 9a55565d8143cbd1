#include "thresholds/clocks.hpp"

#include <algorithm>
#include <array>

namespace thresholds {
namespace {

constexpr std::array<std::string_view, 4> clock_names{"none", "acknowledge", "take", "resolve"};

}  // namespace

std::string_view name(Clock clock) {
  return clock_names[static_cast<std::size_t>(clock)];
}

std::optional<Clock> clock_named(std::string_view text) {
  auto found = std::find(clock_names.begin(), clock_names.end(), text);
  if (found == clock_names.end()) return std::nullopt;
  return static_cast<Clock>(found - clock_names.begin());
}

Clock clock_of(const AlarmState& state) {
  if (!state.announced) return Clock::none;
  switch (state.state) {
    case State::raised:
      return Clock::acknowledge;
    case State::acknowledged:
      return Clock::take;
    case State::in_progress:
    case State::dispatched:
    case State::accepted:
      return Clock::resolve;
    case State::snoozed:
    case State::resolved:
      return Clock::none;
  }
  return Clock::none;
}

std::optional<std::chrono::seconds> ClockLimits::of(Clock clock) const {
  switch (clock) {
    case Clock::acknowledge:
      return acknowledge;
    case Clock::take:
      return take;
    case Clock::resolve:
      return resolve;
    case Clock::none:
      return std::nullopt;
  }
  return std::nullopt;
}

const ClockLimits& Clocks::of(Severity severity) const {
  switch (severity) {
    case Severity::normal:
      return normal;
    case Severity::moderate:
      return moderate;
    case Severity::severe:
      return severe;
    case Severity::critical:
      return critical;
  }
  return critical;
}

bool Watch::open_at(Time at) const {
  return always || calendar == nullptr || calendar->open_at(at);
}

std::optional<Time> Watch::after(Time from, std::chrono::seconds passed) const {
  if (always || calendar == nullptr) return from + passed;
  return calendar->after(from, passed);
}

}  // namespace thresholds
