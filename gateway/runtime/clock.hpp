// The clock and randomness, injected so that any run can be replayed (invariant 13). Nothing outside gateway/runtime reads the
// system's.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "fhir/time.hpp"

namespace gateway {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual fhir::Time now() const = 0;                                  // wall time, for records
  virtual std::chrono::steady_clock::time_point steady_now() const = 0;  // durations and deadlines
};

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t>) = 0;
  virtual std::uint64_t number() = 0;  // uniform 64 bits; jitter, request ids
};

const Clock& system_clock();
Random& system_random();  // cryptographic (OpenSSL); safe from any thread

}  // namespace gateway
