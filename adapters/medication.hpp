// Our own payload for medicine dispensers: docs/vendors/medication.md.
#pragma once

#include "adapters/adapter.hpp"

namespace adapters {

fhir::Result<Decoded> decode_medication(std::string_view payload, const Context&);

}  // namespace adapters
