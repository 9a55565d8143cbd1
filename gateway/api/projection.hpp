// GET /projection/{source}/Observation: the Observations a source's format would have merged its readings into, made when asked for
// (adapters/iomt/projection.hpp). A view of the ledger under the original's identifiers, never stored, counted or delivered.
#pragma once

#include "gateway/api/fhir.hpp"
#include "gateway/ingest/sources.hpp"

namespace gateway::api {

struct ProjectionDeps {
  const ingest::Sources& sources;
  const FhirDeps& fhir;
};

void add_projection_route(http::Router&, const ProjectionDeps&);

}  // namespace gateway::api
