// Randomness for synthetic patients as a pure function: the same seed and the same place give the same number in
// whatever order they are asked for, so a run can be repeated and a patient looked at any time.
#pragma once

#include <cstdint>

namespace gateway::demo {

// SplitMix64's finaliser (Steele, Lea, Flood 2014) over two words.
constexpr std::uint64_t mix(std::uint64_t seed, std::uint64_t place) {
  std::uint64_t z = seed + (place + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// Evenly in [0, 1).
constexpr double even(std::uint64_t seed, std::uint64_t place) {
  return static_cast<double>(mix(seed, place) >> 11) * 0x1.0p-53;
}

constexpr double between(double low, double high, std::uint64_t seed, std::uint64_t place) {
  return low + (high - low) * even(seed, place);
}

// Bell-shaped, mean 0, standard deviation 1, never beyond 3.5: the sum of twelve even numbers, cut. An unbounded tail
// would one day make a healthy person's reading look like a cardiac arrest.
constexpr double bell(std::uint64_t seed, std::uint64_t place) {
  const std::uint64_t own = mix(seed, place);
  double sum = -6;
  for (std::uint64_t i = 0; i < 12; ++i) sum += even(own, i);
  return sum > 3.5 ? 3.5 : sum < -3.5 ? -3.5 : sum;
}

}  // namespace gateway::demo
