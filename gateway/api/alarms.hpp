// GET /alarms, GET /alarms/{id}, POST /alarms/{id}/actions (design.md sections 7 and 8.2).
#pragma once

#include "gateway/alarms/service.hpp"
#include "gateway/auth/actor.hpp"
#include "gateway/auth/audit.hpp"
#include "gateway/http/router.hpp"
#include "gateway/journal/alarm_feed.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/runtime/metrics.hpp"
#include "gateway/store/read_pool.hpp"

namespace gateway::api {

struct AlarmDeps {
  journal::Committer& committer;
  journal::AlarmFeed& feed;
  store::ReadPool& reads;
  auth::AuditTrail& audit;
  const Clock& clock;
  Metrics& metrics;
  const alarms::Services& services;
};

// Whether the actor deals with this alarm: the tenant's, and of an organisation that has to do with it.
bool deals_with(const auth::Actor&, const alarms::Alarm&, store::Tenant, const alarms::Services&);

void add_alarm_routes(http::Router&, const AlarmDeps&);

}  // namespace gateway::api
