// Whether a sender is alive, as a pure decision: how long nothing came, in hours when something was expected, against its
// deadline, with a named reason. Knows no store, clock or time zone: local time and durations are passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace thresholds {

// When a source usually sends. Outside these hours its silence is not counted: one with few patients that never sends at
// night does not alarm at night.
struct ExpectedTraffic {
  std::uint8_t days = 0x7f;             // bit 0 Monday to bit 6 Sunday: the day on which the hours begin
  std::chrono::minutes from{0};         // of the local day, 0 to 24 h
  std::chrono::minutes to{24 * 60};     // before `from`: on the next day
  bool operator==(const ExpectedTraffic&) const = default;
};

// No moment is within: such a source would never be found silent.
bool never(const ExpectedTraffic&);
bool expected_at(const ExpectedTraffic&, std::chrono::local_seconds);
// How much of [from, to) is within; zero when `to` is not after `from`. Any span in constant time.
std::chrono::seconds expected_between(const ExpectedTraffic&, std::chrono::local_seconds from, std::chrono::local_seconds to);

// "21:30" or "24:00"; none for anything else.
std::optional<std::chrono::minutes> time_of_day(std::string_view);

// -- one source

enum class Liveness : std::uint8_t { alive, silent, mapping_broke };
std::string_view name(Liveness);  // "mapping-broke"

struct SourcePolicy {
  std::chrono::seconds silent_after{0};  // 0: silence is not watched
  std::chrono::seconds grace{0};         // after the start of the program, in which nothing new is found silent
};

// OURS. So many items in a row of which none could be used, in at least so many payloads: one new device with an unknown code sends a
// backlog of more items than that at once, and the source's mapping is as good as before.
inline constexpr std::int64_t unusable_items = 20;
inline constexpr std::int64_t unusable_payloads = 3;

struct SourceSeen {
  Liveness before = Liveness::alive;  // what was found last; kept over a restart
  bool heard = false;                 // something was accepted since
  bool ever = false;                  // something was accepted, ever: before, no mapping worked that could break
  std::chrono::seconds quiet{0};      // expected time since the last accepted item, or since it is watched
  std::chrono::seconds running{0};    // how long the program has run
  std::int64_t items = 0, payloads = 0;  // unusable in a row since the last accepted item
};

// Static text: "not-supervised", "heard", "grace-after-start", "source-silent", "mapping-broke".
struct Found {
  Liveness state = Liveness::alive;
  std::string_view reason;
};
Found judge_source(const SourcePolicy&, const SourceSeen&);

// -- something that has one deadline and nothing else: a source's heartbeats, one device

struct QuietPolicy {
  std::chrono::seconds deadline{0};  // 0: not watched
  std::chrono::seconds grace{0};
};
struct Quiet {
  bool before = false;  // found silent last
  std::chrono::seconds quiet{0}, running{0};
  // How far the source as a whole is: while it is silent, or has been for half of its own deadline, what it carries is not found
  // silent besides: a source that stops is one alarm.
  Liveness source = Liveness::alive;
  std::chrono::seconds source_quiet{0}, source_deadline{0};
};
// "not-supervised", "heard", "grace-after-start", "source-silent", "silent".
struct FoundQuiet {
  bool silent = false;
  std::string_view reason;
};
FoundQuiet judge_quiet(const QuietPolicy&, const Quiet&);

}  // namespace thresholds
