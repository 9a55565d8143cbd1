// Suppressions that are about to end, and those that are over: asks the store for what is due and lets the committer decide it
// (journal/suppression_writer.hpp). What was told stands in the store, so that each is told once, over restarts.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/store/store.hpp"
#include "gateway/timers/loop.hpp"

namespace gateway::timers {

class SuppressionWatch : public Timer {
 public:
  // All outlive it. One job is under way at a time; what was not decided in it is asked for at the next step.
  SuppressionWatch(store::Store&, journal::Committer&, const std::vector<config::Tenant>&);
  ~SuppressionWatch() override;

  std::string_view name() const override { return "suppressions"; }
  void step(const Tick&) override;

 private:
  store::Store& store_;
  journal::Committer& committer_;
  std::map<store::Tenant, std::string> tenants_;
  std::unique_ptr<store::Reader> reader_;
  std::shared_ptr<std::atomic<bool>> under_way_;  // with the committer
};

}  // namespace gateway::timers
