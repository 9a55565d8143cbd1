// Readings that did not come: asks the store for what ran out and lets the committer decide it (ingest/expected.hpp). What is remembered
// stands in the store, so that each expectation is decided once, over restarts and standstills.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/ingest/judge.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/store/store.hpp"
#include "gateway/timers/loop.hpp"

namespace gateway::timers {

class MissingWatch : public Timer {
 public:
  // All outlive it. One job is under way at a time; what was not decided in it is asked for at the next step.
  MissingWatch(store::Store&, journal::Committer&, const ingest::JudgeSettings&, const std::vector<config::Tenant>&);
  ~MissingWatch() override;

  std::string_view name() const override { return "missing"; }
  void step(const Tick&) override;

 private:
  store::Store& store_;
  journal::Committer& committer_;
  const ingest::JudgeSettings& settings_;
  std::map<store::Tenant, std::string> tenants_;
  std::unique_ptr<store::Reader> reader_;
  std::shared_ptr<std::atomic<bool>> under_way_;  // with the committer
};

}  // namespace gateway::timers
