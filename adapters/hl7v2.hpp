// Results of HL7 version 2 (ORU^R01), among them those of IHE PCD-01; docs/vendors/hl7v2.md.
#pragma once

#include "adapters/adapter.hpp"

namespace adapters {

fhir::Result<Decoded> decode_hl7v2(std::string_view payload, const Context&);

// One ACK for each message of the payload, MSA-1 AA, AE or AR; none where MSH-15 and MSH-16 ask for none.
Reply acknowledge_hl7v2(std::string_view payload, const Fate&, fhir::Time now, const Settings&);

}  // namespace adapters
