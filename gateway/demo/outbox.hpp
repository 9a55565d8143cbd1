// What waits to be pushed, in order per person, one payload of a person under way at a time. When the target says 503
// or is not there, everything waits as long as it asks. No sockets, no clock.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "fhir/time.hpp"
#include "gateway/deliver/http_client.hpp"
#include "gateway/demo/tally.hpp"

namespace gateway::demo {

struct Parcel {
  std::size_t person = 0, source = 0;
  std::string body;
  bool again = false;  // push it once more after it was taken, like a vendor that missed the answer
};

class Outbox {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  Outbox(std::size_t people, std::size_t at_once) : lanes_(people), at_once_(at_once) {}

  void add(Parcel);
  // The next to send; nothing when all wait, enough are under way or the target wants a pause.
  std::optional<Parcel> next(Instant now);
  // `wall` for a Retry-After that names a date.
  void answered(Parcel, const deliver::HttpResponse&, Instant now, fhir::Time wall);

  std::size_t waiting() const { return waiting_; }
  std::size_t under_way() const { return under_way_; }
  const Tally& tally() const { return tally_; }

 private:
  struct Lane {
    std::deque<Parcel> parcels;
    bool busy = false;
  };
  void put_back(Parcel, Instant until);

  std::vector<Lane> lanes_;
  std::deque<std::size_t> ready_;  // lanes with something to send and nothing under way, each once
  std::size_t at_once_, waiting_ = 0, under_way_ = 0;
  Instant paused_until_{};
  Tally tally_;
};

// A target may not stop a simulation for longer than this with one Retry-After.
inline constexpr std::chrono::seconds longest_pause{30};

}  // namespace gateway::demo
