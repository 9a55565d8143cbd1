// POST /ingest/{source}: a vendor's payload in, an answer item by item when all of it is durable (design.md 8.2).
// GET /ingest/{source}/stream: the same over a WebSocket, a payload each message (ingest_stream.cpp).
#pragma once

#include "gateway/http/router.hpp"
#include "gateway/ingest/intake.hpp"
#include "gateway/pull/puller.hpp"

namespace gateway::api {

struct IngestDeps {
  const ingest::Sources& sources;
  const ingest::Intake& intake;
  const Clock& clock;
  pull::Puller* puller = nullptr;  // notifications of sources that are pulled are hints for it
};

void add_ingest_routes(http::Router&, const IngestDeps&);
void add_ingest_stream_route(http::Router&, const IngestDeps&);

}  // namespace gateway::api
