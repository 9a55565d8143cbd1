// How long to wait before another try: exponential, with full jitter so that many gateways that lost the same receiver
// do not come back in step.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "gateway/runtime/clock.hpp"

namespace gateway::deliver {

struct Backoff {
  std::chrono::milliseconds first{1'000}, max{300'000};

  // The longest wait before try number `failures` + 1.
  std::chrono::milliseconds ceiling(std::uint32_t failures) const {
    std::chrono::milliseconds wait = first;
    for (std::uint32_t i = 1; i < failures && wait < max; ++i) wait *= 2;
    return std::min(wait, max);
  }
  // Uniform in [1 ms, ceiling].
  std::chrono::milliseconds wait(std::uint32_t failures, Random& random) const {
    auto most = static_cast<std::uint64_t>(std::max<std::int64_t>(ceiling(failures).count(), 1));
    return std::chrono::milliseconds(1 + static_cast<std::int64_t>(random.number() % most));
  }
};

}  // namespace gateway::deliver
