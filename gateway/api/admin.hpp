// /admin: the operator's queues and what is configured. Quarantine and dead letters are listed, shown, retried and discarded here; the
// commands `hjemport quarantine` and `hjemport deadletters` talk to it.
#pragma once

#include "gateway/auth/audit.hpp"
#include "gateway/deliver/forwarder.hpp"
#include "gateway/http/router.hpp"
#include "gateway/ingest/replay.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/store/read_pool.hpp"

namespace gateway::api {

struct AdminDeps {
  const config::Config& config;
  const ingest::Sources& sources;
  const ingest::Replays& replays;
  journal::Committer& committer;
  store::ReadPool& reads;
  auth::AuditTrail& audit;
  const deliver::Forwarder& forwarder;
  const Clock& clock;
};

void add_quarantine_routes(http::Router&, const AdminDeps&);
void add_deadletter_routes(http::Router&, const AdminDeps&);

}  // namespace gateway::api
