#pragma once

#include "adapters/adapter.hpp"

namespace adapters {

fhir::Result<Decoded> decode_polar(std::string_view payload, const Context&);

}  // namespace adapters
