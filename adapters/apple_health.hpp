// The export of Apple's Health app, export.xml; docs/vendors/apple-health.md.
#pragma once

#include "adapters/stream.hpp"

namespace adapters {

fhir::Result<Decoded> decode_apple_health(std::string_view payload, const Context&);
std::unique_ptr<Stream> stream_apple_health(const Context&);

}  // namespace adapters
