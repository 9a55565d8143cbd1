// The proof, all day, that a reading becomes an alarm on the stream: for each tenant that asks for it, a made-up reading of a made-up
// patient takes the normal path (adapter, preparing, placing, judging, commit, alarm feed), and when its alarm is not on the feed in
// time the centre gets a technical alarm instead. The gateway resolves the made-up alarm itself, so there is never more than one.
//
// What is made up lives in a tenant of its own in the store, "bodo/self-test", a name no configuration can give. The tenant is part of
// every key and query, so that one place keeps it out of searches, deliveries, exports, lists, counts and reports; its readings carry
// the security label HTEST besides. The alarm feed alone shows its alarms to the real tenant, as events `self-test`.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/ingest/intake.hpp"
#include "gateway/journal/alarm_feed.hpp"
#include "gateway/timers/loop.hpp"

namespace gateway::timers {

inline constexpr std::string_view self_test_system = "urn:hjemport:self-test";  // of the made-up patients' identifiers
std::string self_test_tenant(std::string_view tenant);                          // its name in the store

class SelfTests : public Timer {
 public:
  struct Means {
    boost::asio::io_context& context;  // the timers' loop; outlives the committer
    store::Store& store;
    journal::Committer& committer;
    const ingest::Sources& sources;
    const ingest::Intake& intake;
    journal::AlarmFeed& feed;
    const Clock& clock;
    Metrics& metrics;
  };
  // Before the committer starts: gives the tenants their names in the store and the feed its second tenants.
  SelfTests(const Means&, const std::vector<config::Tenant>&);
  ~SelfTests() override;

  std::string_view name() const override { return "self-test"; }
  void step(const Tick&) override;

  struct One;  // the test of one tenant

 private:
  void begin(const std::shared_ptr<One>&, const Tick&);
  void tell(const std::shared_ptr<One>&);

  const Means means_;
  std::chrono::microseconds running_{0};
  std::vector<std::shared_ptr<One>> tests_;
};

}  // namespace gateway::timers
