#pragma once

#include "adapters/adapter.hpp"

namespace adapters {

fhir::Result<Decoded> decode_open_mhealth(std::string_view payload, const Context&);

}  // namespace adapters
