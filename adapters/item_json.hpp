// A decoded item as JSON: what an adapter made of a payload, for people who look (golden files, the quarantine, a mapping's preview).
// Holds values and identifiers, so it is never logged.
#pragma once

#include <string>

#include "adapters/measurement.hpp"

namespace adapters {

std::string item_json(const Item&);

}  // namespace adapters
