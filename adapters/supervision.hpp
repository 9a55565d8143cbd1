// Our own payload for room sensors and digital supervision: docs/vendors/supervision.md.
#pragma once

#include "adapters/adapter.hpp"

namespace adapters {

fhir::Result<Decoded> decode_supervision(std::string_view payload, const Context&);

}  // namespace adapters
