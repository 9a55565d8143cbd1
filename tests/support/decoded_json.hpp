// What an adapter made of a payload, as stable JSON with one item per line, for golden files and readable failures.
#pragma once

#include <string>

#include "adapters/adapter.hpp"
#include "adapters/item_json.hpp"

namespace test {

std::string decoded_json(const fhir::Result<adapters::Decoded>&);
using adapters::item_json;

// Decodes with Norwegian time, received 2026-11-20T09:00:00Z.
fhir::Result<adapters::Decoded> decode(adapters::Decode, std::string_view payload);

}  // namespace test
