// /admin/sources/{id}/users: whose readings are pulled from a vendor, and the tokens that let us. Tokens come in here and never go out.
#pragma once

#include "gateway/auth/audit.hpp"
#include "gateway/http/router.hpp"
#include "gateway/ingest/sources.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/pull/puller.hpp"
#include "gateway/store/read_pool.hpp"

namespace gateway::api {

struct PullDeps {
  const ingest::Sources& sources;
  journal::Committer& committer;
  store::ReadPool& reads;
  auth::AuditTrail& audit;
  const pull::TokenSeal& seal;
  pull::Puller& puller;
};

void add_pull_routes(http::Router&, const PullDeps&);

}  // namespace gateway::api
