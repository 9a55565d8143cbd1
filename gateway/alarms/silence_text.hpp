// What an alarm about silence says: who is silent, and when it was last heard, in the sender's own time zone.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "thresholds/time.hpp"

namespace gateway::alarms {

using thresholds::WallTime;  // where the sender is

std::string wall_text(WallTime);  // "20.11.2026 08:05"

// `last`: none when nothing ever came.
std::string source_silent_text(std::string_view source, std::optional<WallTime> last);
std::string mapping_broke_text(std::string_view source, std::optional<WallTime> last);
std::string heartbeat_missing_text(std::string_view source, std::optional<WallTime> last);
std::string device_silent_text(WallTime last);
std::string self_test_failed_text(std::string_view source, std::chrono::seconds within);

// Notes of alarms that end by themselves.
inline constexpr std::string_view heard_again_note = "Mottar igjen";
inline constexpr std::string_view not_watched_note = "Overvåkes ikke lenger";
inline constexpr std::string_view other_cause_note = "Avløst av et annet teknisk varsel om samme avsender";
inline constexpr std::string_view self_test_passed_note = "Selvtesten er bestått";

}  // namespace gateway::alarms
