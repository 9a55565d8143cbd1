#include "gateway/store/store.hpp"

namespace gateway::store {
namespace {

template <class Visit>
void each_list(auto& changes, Visit visit) {
  visit(changes.observations);
  visit(changes.events);
  visit(changes.patients);
  visit(changes.devices);
  visit(changes.links);
  visit(changes.plans);
  visit(changes.responsibilities);
  visit(changes.suppressions);
  visit(changes.care_plans);
  visit(changes.expected);
  visit(changes.dropped_expected);
  visit(changes.alarms);
  visit(changes.calls);
  visit(changes.dropped_calls);
  visit(changes.quarantined);
  visit(changes.payloads);
  visit(changes.dropped_payloads);
  visit(changes.audits);
  visit(changes.deliveries);
  visit(changes.dropped_deliveries);
  visit(changes.cursors);
  visit(changes.pull_users);
  visit(changes.dropped_pull_users);
  visit(changes.sources_seen);
  visit(changes.devices_seen);
  visit(changes.dropped_devices_seen);
  visit(changes.replies);
  visit(changes.journal);
}

}  // namespace

std::size_t Changes::rows() const {
  std::size_t count = 0;
  each_list(*this, [&](const auto& list) { count += list.size(); });
  return count;
}

void Changes::clear() {
  each_list(*this, [](auto& list) { list.clear(); });
  highest_id = 0;
}

}  // namespace gateway::store
