// Time and randomness a test holds in its hand.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include "gateway/runtime/clock.hpp"

namespace support {

// Stands still until moved. Wall and steady time move together; set_wall() lets the wall clock jump alone.
class ManualClock final : public gateway::Clock {
 public:
  explicit ManualClock(fhir::Time start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)) : now_(start) {}
  fhir::Time now() const override { return now_; }
  std::chrono::steady_clock::time_point steady_now() const override { return steady_; }

  void advance(std::chrono::microseconds by) {
    now_ += by;
    steady_ += by;
  }
  void set_wall(fhir::Time now) { now_ = now; }

 private:
  fhir::Time now_;
  std::chrono::steady_clock::time_point steady_{std::chrono::hours(1)};
};

// The same numbers for the same seed; tests print it when they fail.
class SeededRandom final : public gateway::Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::uint8_t> bytes) override {
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(engine_());
  }
  std::uint64_t number() override { return engine_(); }

  bool chance(int percent) { return static_cast<int>(engine_() % 100) < percent; }
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace support
