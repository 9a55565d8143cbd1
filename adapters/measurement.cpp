#include "adapters/measurement.hpp"

namespace adapters {

std::string_view name(QuarantineReason reason) {
  switch (reason) {
    case QuarantineReason::undecodable:
      return "undecodable";
    case QuarantineReason::unknown_kind:
      return "unknown-kind";
    case QuarantineReason::unknown_unit:
      return "unknown-unit";
    case QuarantineReason::implausible:
      return "implausible";
    case QuarantineReason::future_time:
      return "future-time";
    case QuarantineReason::invalid_identifier:
      return "invalid-identifier";
    case QuarantineReason::ambiguous_subject:
      return "ambiguous-subject";
    case QuarantineReason::unknown_subject:
      return "unknown-subject";
    case QuarantineReason::subject_changed:
      return "subject-changed";
  }
  return {};
}

std::string_view name(IgnoreReason reason) {
  switch (reason) {
    case IgnoreReason::control_solution:
      return "control-solution";
    case IgnoreReason::cancelled:
      return "cancelled";
    case IgnoreReason::heartbeat:
      return "heartbeat";
    case IgnoreReason::goal_not_reading:
      return "goal-not-reading";
    case IgnoreReason::not_a_reading:
      return "not-a-reading";
  }
  return {};
}

}  // namespace adapters
