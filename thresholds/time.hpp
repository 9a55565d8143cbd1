// Time as judging sees it: instants in UTC, passed in, and the wall time of a named zone, where windows of the day and calendar days
// live. The zone itself is handed in: this room knows no tz database.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace thresholds {

using Time = std::chrono::sys_time<std::chrono::microseconds>;
using WallTime = std::chrono::local_time<std::chrono::microseconds>;

// Immutable; may be shared by threads. A wall time that occurs twice is its first occurrence, one that never was moves forward by the
// length of the gap.
class Zone {
 public:
  virtual ~Zone() = default;
  virtual std::chrono::minutes offset_at(Time) const = 0;
  virtual Time first(WallTime) const = 0;
};

WallTime wall_time(const Zone&, Time);
// The second occurrence of a wall time that occurs twice; otherwise first().
Time last(const Zone&, WallTime);

// How far back a window goes: `3d` is today and the three local calendar days before it, `36h` and `90m` are durations. Both ends are
// inside. Never both.
struct Span {
  int days = 0;
  std::chrono::minutes length{0};

  bool operator==(const Span&) const = default;
  bool empty() const { return days == 0 && length.count() == 0; }
};
// The first instant inside the window that ends at `end`.
Time begin_of(const Span&, Time end, const Zone&);
// At least as long as the span can be anywhere, for deciding how much history to keep.
std::chrono::minutes at_most(const Span&);

// Part of a local day in minutes after midnight, [from, to] both inside; from > to crosses midnight.
struct DayWindow {
  int from_minute = 0, to_minute = 0;  // 0..1439

  bool operator==(const DayWindow&) const = default;
  bool contains(int minute) const;
};

// Which local days. A public holiday (holidays.hpp) is its weekday unless said otherwise.
struct Days {
  enum class Holidays : std::uint8_t { as_weekday, also, never };
  std::uint8_t weekdays = 0x7f;  // bit 0 is Monday
  Holidays holidays = Holidays::as_weekday;

  bool operator==(const Days&) const = default;
  bool contains(std::chrono::year_month_day) const;
};
inline constexpr Days every_day{};
inline constexpr Days workdays{0x1f, Days::Holidays::never};
inline constexpr Days weekends{0x60, Days::Holidays::as_weekday};
inline constexpr Days holidays_only{0x00, Days::Holidays::also};

}  // namespace thresholds
