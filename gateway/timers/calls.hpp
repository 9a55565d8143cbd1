// The calls an escalation owes to the world: webhooks of the level it reached, which may send an SMS or ring a phone. Owed since the
// commit of the step; made until answered 2xx, at most as often as configured, with one key for all tries so that a receiver makes
// the effect once. An alarm somebody has seen to meanwhile is not called about. The body names the alarm and says nothing about
// the person. On the maintenance loop.
#pragma once

#include <functional>
#include <map>
#include <utility>

#include "gateway/config/config.hpp"
#include "gateway/timers/means.hpp"

namespace gateway::timers {

class Calls {
 public:
  // `again` is run when a call came to an end and its outcome is committed.
  Calls(const Means&, const config::Config&, std::function<void()> again);

  void look(store::Reader&);  // begins what is due
  void stop();                // cuts what is under way; what is committing goes on
  bool idle() const { return under_way_.empty(); }

 private:
  using Name = std::pair<AlarmId, std::uint32_t>;
  void begin(const store::Call&, const config::Webhook&, const alarms::Alarm&);
  void answered(const store::Call&, const config::Webhook&, const deliver::HttpResponse&);
  void settle(const store::Call&, std::function<void(journal::Working&)> decide);

  Means means_;
  std::map<std::pair<store::Tenant, int>, config::Webhook> webhooks_;  // by level
  std::function<void()> again_;
  std::map<Name, std::optional<deliver::HttpClient::Ticket>> under_way_;  // no ticket: its outcome is being committed
};

}  // namespace gateway::timers
