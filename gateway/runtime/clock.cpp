#include "gateway/runtime/clock.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <climits>
#include <stdexcept>

namespace gateway {
namespace {

class SystemClock final : public Clock {
 public:
  fhir::Time now() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  std::chrono::steady_clock::time_point steady_now() const override { return std::chrono::steady_clock::now(); }
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    while (!bytes.empty()) {
      std::size_t portion = std::min<std::size_t>(bytes.size(), INT_MAX);
      // No fallback: predictable request ids or cursors are worse than a stop.
      if (RAND_bytes(bytes.data(), static_cast<int>(portion)) != 1) throw std::runtime_error("no randomness available");
      bytes = bytes.subspan(portion);
    }
  }
  std::uint64_t number() override {
    std::array<std::uint8_t, 8> bytes;
    fill(bytes);
    std::uint64_t value = 0;
    for (std::uint8_t byte : bytes) value = value << 8 | byte;
    return value;
  }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace gateway
