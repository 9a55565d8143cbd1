// Which signatures of one source were accepted within its clock window. It refuses nothing: a vendor whose answer was
// lost, or who was answered 503, sends the same bytes with the same signature again and must be taken (invariant 1),
// and taking them again changes nothing (invariant 3). It tells how often that happens, so that a replay shows.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <utility>

#include "fhir/time.hpp"

namespace gateway::auth {

// Any thread. In memory only: after a restart a repetition counts as a first one, and is stored as a duplicate all the
// same.
class SeenSignatures {
 public:
  using Digest = std::array<std::uint8_t, 16>;
  static constexpr std::size_t most = 10'000;  // the oldest are forgotten; half a megabyte for a source

  explicit SeenSignatures(std::chrono::seconds window) : keep_(2 * window) {}  // as far behind now as ahead of it

  // Whether it was here before; remembers it.
  bool repeated(const Digest& digest, fhir::Time now) {
    const std::lock_guard lock(mutex_);
    while (!order_.empty() && (order_.size() >= most || order_.front().first + keep_ < now)) {
      known_.erase(order_.front().second);
      order_.pop_front();
    }
    if (!known_.insert(digest).second) return true;
    order_.emplace_back(now, digest);
    return false;
  }

 private:
  const std::chrono::seconds keep_;
  std::mutex mutex_;
  std::set<Digest> known_;
  std::deque<std::pair<fhir::Time, Digest>> order_;  // oldest first
};

}  // namespace gateway::auth
