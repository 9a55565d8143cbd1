// Whether a setting has to be given.
#pragma once

#include <cstdint>

namespace gateway::config {

enum class Need : std::uint8_t { optional, required };

}  // namespace gateway::config
