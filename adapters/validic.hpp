#pragma once

#include "adapters/adapter.hpp"

namespace adapters {

fhir::Result<Decoded> decode_validic(std::string_view payload, const Context&);

}  // namespace adapters
