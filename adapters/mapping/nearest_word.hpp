// The word that was probably meant where an unknown one stands, for messages about files people write by hand.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace adapters::mapping {

// Empty when none is near.
std::string nearest_word(std::string_view word, std::span<const std::string> known);

}  // namespace adapters::mapping
