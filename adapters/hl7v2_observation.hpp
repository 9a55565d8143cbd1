// One OBX segment to a reading: value, unit, status, flags, time, device.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "adapters/draft.hpp"
#include "adapters/hl7v2_codes.hpp"

namespace adapters {

// What stands around an OBX: its message, patient and order, and the devices named so far.
struct Hl7Surroundings {
  const Context& context;
  std::string message_version;                        // MSH-7
  std::optional<std::chrono::minutes> offset;         // of MSH-7, when the source's zone does not have it then
  std::string message_id;                             // MSH-10
  bool test = false;                                  // MSH-11
  Subject subject;                                    // PID-3
  std::optional<std::pair<QuarantineReason, std::string>> subject_fault;
  std::string order;                                  // OBR-3, else OBR-2
  std::string order_time;                             // OBR-7
  std::unordered_map<std::string, Device> devices;    // by containment, "1" of the row 1.0.0.0
};

// What one OBX is. A structural row (a device, a channel, a group) is nothing by itself: it says which device the rows
// below it come from.
struct Hl7Observation {
  enum class What : std::uint8_t { structure, item, pressure_part } what = What::item;
  Item item;             // unless pressure_part
  Draft part;            // pressure_part: kind, value, unit, time, subject and device of one of its numbers
  std::string parent;    // pressure_part: the containment it stands in
  std::string sub_id;    // OBX-4
  std::string instant;   // for keys: UTC, with the order where minutes are all there is
};

// `place` is "OBX[3]" or "message 2, OBX[3]".
Hl7Observation read_hl7_observation(const Hl7Segment& obx, Hl7Surroundings&, const std::string& place);

// A free comment on an OBX (NTE-3).
void add_hl7_comment(Hl7Observation&, const std::string& comment);

}  // namespace adapters
