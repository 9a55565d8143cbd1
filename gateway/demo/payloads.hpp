// Payloads as vendors write them: a sitting of a synthetic patient in each of the formats we take. The counterpart of
// adapters/; pure.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "fhir/kinds.hpp"
#include "gateway/demo/patient_model.hpp"

namespace gateway::demo {

enum class Format : std::uint8_t { hjemport, opentele, telli, withings };
// By the adapter's name; nothing for one we have no writer for.
std::optional<Format> format_named(std::string_view adapter);

// How a vendor knows somebody.
struct Account {
  std::string subject;  // digits: opentele and withings know numbers only
  std::string device;
  std::string national_number;  // sent by the native format only; may be empty
};

// One sitting: everything measured at one time.
struct Sitting {
  fhir::Time at;
  std::chrono::minutes offset{0};  // of local time
  Condition condition = Condition::copd;
  Vitals vitals;
};

// As few payloads as the format allows: native and withings carry many sittings, opentele one, telli one reading. What
// a format has no word for is left out. Oldest first, at most 100 readings in one payload.
std::vector<std::string> payloads(Format, const Account&, std::span<const Sitting>);

struct Happening {
  fhir::Time at;
  std::chrono::minutes offset{0};
  fhir::EventKind kind = fhir::EventKind::fall;
};
// Native format: the only one with events.
std::string event_payload(const Account&, const Happening&);

}  // namespace gateway::demo
