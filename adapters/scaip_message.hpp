// One SCAIP message out of its XML: tags to text. The only file of the adapter that knows the XML library.
#pragma once

#include <string>
#include <string_view>

#include "fhir/result.hpp"

namespace adapters {

// snu of the answer, as both open implementations number them.
enum class ScaipStatus : std::uint8_t {
  ok = 0,
  too_long = 1,
  invalid_format = 2,
  wrong_content = 3,
  busy = 6,
  tag_missing = 7
};

// The tags that are read, by their names in the message; empty when absent. Text without control characters.
struct ScaipMessage {
  std::string ref, cid, dty, mty, did, dco, stc, lco, lva, lte, cha, crd, tnu, dte, stt, ite;
  std::string geo;  // what stands in lge, in its order
};

struct ScaipRead {
  ScaipStatus status = ScaipStatus::ok;
  std::string detail;    // why it is no message; no values
  ScaipMessage message;  // with another status: as much as was read, for the answer's ref
};

ScaipRead read_scaip(std::string_view xml);

}  // namespace adapters
