// /fhir: FHIR R4 REST, the read side (issue point 13; docs/conformance.md says exactly what is supported).
#pragma once

#include "fhir/search.hpp"
#include "gateway/api/search_cursor.hpp"
#include "gateway/auth/audit.hpp"
#include "gateway/config/config.hpp"
#include "gateway/http/router.hpp"
#include "gateway/store/read_pool.hpp"

namespace gateway::api {

struct FhirDeps {
  const config::Config& config;
  store::ReadPool& reads;
  auth::AuditTrail& audit;
  journal::Committer& committer;
  const CursorSeal& cursors;
  fhir::WallTime wall_time;  // of the gateway's zone: where a date in a search begins
};

void add_fhir_metadata_route(http::Router&, const FhirDeps&);
void add_fhir_read_routes(http::Router&, const FhirDeps&);
void add_fhir_search_routes(http::Router&, const FhirDeps&);

// The organisation of the caller's tenant, for resources that name it.
const config::Tenant* tenant_of(const FhirDeps&, const auth::Actor&);
// The address this server is reached by, "http://host:port/fhir", from the request; for links and fullUrls.
std::string base_url(const http::Request&, const config::Config&);

}  // namespace gateway::api
