// National identity numbers that belong to nobody: month + 80, as in Test-Norge, with valid check digits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gateway::demo {

// All different; the same seed gives the same numbers, a longer list begins with the shorter one.
std::vector<std::string> synthetic_numbers(std::uint64_t seed, std::size_t count);

}  // namespace gateway::demo
