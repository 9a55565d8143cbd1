// More new alarms of a tenant than anybody can deal with (thresholds/flood.hpp): counts them as they are committed and says so by one technical
// alarm, which ends by itself. While it is open, new alarms carry a mark (journal/alarm_writer); nothing is dropped or held back.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/alarms/service.hpp"
#include "gateway/config/config.hpp"
#include "gateway/journal/alarm_feed.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/runtime/metrics.hpp"
#include "gateway/store/store.hpp"
#include "gateway/timers/loop.hpp"

namespace gateway::timers {

class FloodWatch : public Timer {
 public:
  // All outlive it. Self-tests have tenants of their own, which are not watched.
  FloodWatch(store::Store&, journal::Committer&, const journal::AlarmFeed&, const alarms::Services&, const std::vector<config::Tenant>&,
             Metrics&);
  ~FloodWatch() override;

  std::string_view name() const override { return "floods"; }
  void step(const Tick&) override;

 private:
  struct Watched {
    std::string tenant;
    thresholds::Flood flood;
    bool told = false;                               // the alarm is open
    std::shared_ptr<std::atomic<int>> under_way;     // 0 nothing, 1 asked for, 2 committed, 3 failed
    store::Position read = 0;                        // of the journal
    Gauge shown;
  };

  void begin();
  void count(store::Tenant, Watched&, fhir::Time now);
  static void count(Watched&, std::string_view change, std::string_view shown, fhir::Time at, fhir::Time now);
  void tell(store::Tenant, Watched&, fhir::Time now);

  store::Store& store_;
  journal::Committer& committer_;
  const journal::AlarmFeed& feed_;
  std::map<store::Tenant, Watched> watched_;
  std::unique_ptr<store::Reader> reader_;
  bool begun_ = false;
};

}  // namespace gateway::timers
