// /admin/sources/{id}/conformance: a source is watched for a while, and the report on what it sent is read.
#pragma once

#include "gateway/auth/audit.hpp"
#include "gateway/http/router.hpp"
#include "gateway/ingest/conformance.hpp"
#include "gateway/ingest/sources.hpp"
#include "gateway/runtime/clock.hpp"

namespace gateway::api {

struct ConformanceDeps {
  const ingest::Sources& sources;
  ingest::Conformance& watches;
  auth::AuditTrail& audit;
  const Clock& clock;
};

void add_conformance_routes(http::Router&, const ConformanceDeps&);

}  // namespace gateway::api
