// The devices of one source, each in one patient's hands: when they were last heard, and those found silent. Counts in the source's
// expected time without the source's own outages. The timer's thread; part of supervision.hpp.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/alarms/silence_text.hpp"
#include "gateway/ingest/last_heard.hpp"
#include "gateway/journal/committer.hpp"
#include "thresholds/supervision.hpp"

namespace gateway::timers {

// What a look at the devices needs of their source.
struct DeviceRound {
  store::Source source{};
  store::Tenant tenant_no{};
  std::string tenant, source_id;
  std::chrono::microseconds clock{0};    // expected time of the source that passed, its outages left out
  thresholds::QuietPolicy policy;
  thresholds::Quiet of_source;           // running, and how far the source is
  std::function<alarms::WallTime(fhir::Time)> local;
};

class DeviceWatch {
 public:
  explicit DeviceWatch(journal::Committer& committer) : committer_(committer) {}
  ~DeviceWatch();
  DeviceWatch(const DeviceWatch&) = delete;

  // Known from before: `quiet` is how long it had been silent when the clock stood at 0.
  void know(const store::DeviceSeen&, std::chrono::microseconds quiet);
  void hear(const DeviceRound&, const ingest::HeardDevice&, fhir::Time at);
  // Raises and ends what has to be.
  void look(const DeviceRound&);
  // No device of the source is watched any more: what is open ends.
  void forget(const DeviceRound&);
  // Rows that changed since they were last written; nothing is decided about them until written() is told.
  std::vector<store::DeviceSeen> take_dirty();
  void written(DeviceId, bool stored);

  std::size_t size() const { return devices_.size(); }
  std::size_t silent() const;

 private:
  struct Watched {
    store::DeviceSeen row;                 // as the store has it, or will
    std::optional<store::DeviceSeen> next;  // heard again while found silent: its alarm has to end first
    std::chrono::microseconds heard_at{0};
    bool dirty = false;
    bool pending = false;                  // a commit about it is under way
  };
  struct Work;   // one commit and what it decided
  struct Done;   // commits that ended; outlives this object with them
  void settle();
  void end(const DeviceRound&);
  void raise(const DeviceRound&);
  bool submit(std::shared_ptr<Work>, std::function<void(journal::Working&)> decide);

  journal::Committer& committer_;
  std::unordered_map<DeviceId, Watched> devices_;
  std::shared_ptr<Done> done_;
};

}  // namespace gateway::timers
