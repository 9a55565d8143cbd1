// What the four-digit codes of a SCAIP message mean, and what event a message is.
#pragma once

#include <string_view>

#include "fhir/kinds.hpp"

namespace adapters {

// Norwegian words, as the alarm shows them; empty for a code that is in neither open implementation.
std::string_view scaip_device_word(std::string_view dty);
std::string_view scaip_status_word(std::string_view stc);
std::string_view scaip_location_word(std::string_view lco);

struct ScaipMeaning {
  enum class What : std::uint8_t { event, heartbeat } what = What::event;
  fhir::EventKind kind{};
  bool known = true;  // false: neither device nor status says what it is
};
// `mty`: ME a message, RE a reset, IN information, PI a heartbeat; anything else is taken as a message.
ScaipMeaning scaip_meaning(std::string_view mty, std::string_view dty, std::string_view stc);

}  // namespace adapters
