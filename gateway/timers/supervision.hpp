// Silence is a fault: watches when each source was last heard, against its own deadlines and the hours it is expected in, and the devices
// of those that have them watched. Raises one technical alarm a cause and ends it when the source sends again. What is silent is
// decided by thresholds/supervision; last-seen times are in the store, so a restart goes on where it was.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/ingest/sources.hpp"
#include "gateway/runtime/metrics.hpp"
#include "gateway/timers/device_watch.hpp"
#include "gateway/timers/loop.hpp"

namespace gateway::timers {

class Supervision : public Timer {
 public:
  struct Means {
    store::Store& store;
    journal::Committer& committer;
    const ingest::Sources& sources;
    ingest::LastHeard& heard;
    Metrics& metrics;
  };
  Supervision(const Means&, std::chrono::seconds grace);
  ~Supervision() override;

  std::string_view name() const override { return "supervision"; }
  void step(const Tick&) override;

  // How one configured source stands. Any thread.
  struct Shown {
    store::SourceSeen row;
    std::string_view reason;       // thresholds::Found
    std::chrono::seconds quiet{0}, silent_after{0}, heartbeat_after{0}, device_silent_after{0};
    bool expected_now = true;
    std::size_t devices = 0, devices_silent = 0;
  };
  std::vector<Shown> shown() const;

 private:
  struct Watch;
  struct Done;
  struct Wanted;
  Watch& watch_of(const ingest::ConfiguredSource&, const Tick&);
  void settle();
  void take(const ingest::ConfiguredSource&, Watch&, ingest::News&, const Tick&);
  void judge(const ingest::ConfiguredSource&, Watch&, const Tick&);
  void change(Watch&, const Wanted&, const ingest::ConfiguredSource*);
  void look_at_devices(const ingest::ConfiguredSource&, Watch&);
  void end_unconfigured();
  void flush();
  void show(const std::vector<const ingest::ConfiguredSource*>&, const Tick&);

  const Means means_;
  const std::chrono::seconds grace_;
  std::chrono::microseconds running_{0}, flushed_at_{0}, devices_at_{0};
  std::map<store::Source, std::unique_ptr<Watch>> watches_;
  std::vector<store::SourceSeen> known_;  // from the store, until their source is met
  std::shared_ptr<Done> done_;
  mutable std::mutex mutex_;
  std::vector<Shown> shown_;  // under the mutex
};

}  // namespace gateway::timers
