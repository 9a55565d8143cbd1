// POST /links, GET /links: which patient a source's subject belongs to, from when to when (design.md 8.2).
#pragma once

#include "gateway/auth/audit.hpp"
#include "gateway/http/router.hpp"
#include "gateway/ingest/sources.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/store/read_pool.hpp"

namespace gateway::api {

struct LinkDeps {
  const ingest::Sources& sources;
  fhir::Environment environment = fhir::Environment::test;
  journal::Committer& committer;
  store::ReadPool& reads;
  auth::AuditTrail& audit;
};

void add_link_routes(http::Router&, const LinkDeps&);

}  // namespace gateway::api
