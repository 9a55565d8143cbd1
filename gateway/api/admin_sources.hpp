// GET /admin/sources: what is configured for the caller's tenant, when each was last heard, and what supervision found of it.
#pragma once

#include "gateway/auth/audit.hpp"
#include "gateway/http/router.hpp"
#include "gateway/ingest/sources.hpp"
#include "gateway/timers/supervision.hpp"

namespace gateway::api {

struct SourceDeps {
  const ingest::Sources& sources;
  const timers::Supervision& supervision;
  auth::AuditTrail& audit;
};

void add_source_routes(http::Router&, const SourceDeps&);

}  // namespace gateway::api
