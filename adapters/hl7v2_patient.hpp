// Whom PID-3 names.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "adapters/hl7v2_message.hpp"

namespace adapters {

struct Hl7Patient {
  Subject subject;
  std::optional<std::pair<QuarantineReason, std::string>> fault;
};

// A national number places the item by itself; the first local id is the subject for a link. `place` is "PID.3".
Hl7Patient hl7_patient(const Hl7Segment& pid, const std::string& place);

}  // namespace adapters
