// The three clocks of an alarm: raised to acknowledged, acknowledged to taken, taken to resolved. Each counts in service
// hours from the moment it starts and says when somebody else has to be called. How long they are is the tenant's, by
// severity; none has a default: no public source gives response times for home monitoring (clinical.md 4.2).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "thresholds/alarm_state.hpp"
#include "thresholds/service_calendar.hpp"

namespace thresholds {

enum class Clock : std::uint8_t { none, acknowledge, take, resolve };
std::string_view name(Clock);
std::optional<Clock> clock_named(std::string_view);

// Which one runs. None while snoozed, when resolved, and for an alarm nobody was ever called for.
Clock clock_of(const AlarmState&);

struct ClockLimits {
  std::optional<std::chrono::seconds> acknowledge, take, resolve;
  std::optional<std::chrono::seconds> of(Clock) const;
};

struct Clocks {
  ClockLimits normal, moderate, severe, critical;
  const ClockLimits& of(Severity) const;
  ClockLimits& of(Severity severity) { return const_cast<ClockLimits&>(std::as_const(*this).of(severity)); }
};

// Which hours count. Without a calendar, and where somebody else watches outside of it, all of them do.
struct Watch {
  const ServiceCalendar* calendar = nullptr;
  bool always = false;

  bool open_at(Time) const;
  // When so much watched time has passed since `from`; none when the calendar never opens again for so long.
  std::optional<Time> after(Time from, std::chrono::seconds) const;
};

}  // namespace thresholds
