// SCAIP safety alarms, SS 91100 and CLC/TS 50134-9: the XML message as an HTTP body, and its answer. The call itself is
// SIP and not ours: docs/vendors/scaip.md.
#pragma once

#include "adapters/adapter.hpp"

namespace adapters {

fhir::Result<Decoded> decode_scaip(std::string_view payload, const Context&);
Reply answer_scaip(std::string_view payload, const Fate&, fhir::Time now, const Settings&);

}  // namespace adapters
