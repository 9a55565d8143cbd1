#pragma once

#include "adapters/adapter.hpp"

namespace adapters {

fhir::Result<Decoded> decode_google_health(std::string_view payload, const Context&);

}  // namespace adapters
