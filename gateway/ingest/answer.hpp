// What became of each item, and the answer's JSON (design.md 8.2). The counts add up to `received` (invariant 2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/runtime/ids.hpp"

namespace gateway::ingest {

enum class Outcome : std::uint8_t { accepted, duplicate, amended, quarantined, ignored };
inline constexpr int outcome_count = 5;
std::string_view name(Outcome);
inline constexpr std::string_view not_judged = "not-judged";  // stored, of no kind of ours

struct ItemResult {
  std::uint32_t index = 0;
  Outcome outcome{};
  ObservationId observation;      // none for events and items without one
  QuarantineId quarantine;
  std::string_view reason;        // quarantine or ignore reason, or that a stored reading is not judged; static text
  std::vector<AlarmId> alarms;    // raised or changed by this item
};

std::string answer_json(const std::vector<ItemResult>&);

}  // namespace gateway::ingest
