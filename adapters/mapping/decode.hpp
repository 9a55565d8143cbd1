// Applying a compiled mapping to a payload. Pure; every item of the payload ends as a Measurement, Event, Ignored or
// Held.
#pragma once

#include "adapters/adapter.hpp"
#include "adapters/mapping/mapping.hpp"

namespace adapters::mapping {

// What all expressions, repeated items and copied texts of one payload may cost together.
struct Budget {
  std::uint64_t steps = 10'000'000;    // whatever the payload is; about a tenth of a second
  std::uint64_t steps_per_byte = 50;   // and for each byte of it: half a second for a megabyte
  std::size_t text_bytes = 64U << 20;  // of all texts put into items
};

fhir::Result<Decoded> decode(std::string_view payload, const Context& context, const Mapping& mapping,
                             const Budget& budget = {});

}  // namespace adapters::mapping
