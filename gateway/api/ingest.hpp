// POST /ingest/{source}: a vendor's payload in, an answer item by item when all of it is durable (design.md 8.2).
#pragma once

#include "gateway/http/router.hpp"
#include "gateway/ingest/judge.hpp"
#include "gateway/ingest/sources.hpp"
#include "gateway/journal/committer.hpp"
#include "gateway/runtime/metrics.hpp"

namespace gateway::api {

struct IngestDeps {
  const ingest::Sources& sources;
  const ingest::Keys& keys;
  const ingest::PrepareSettings& prepare;
  const ingest::JudgeSettings& judge;
  journal::Committer& committer;
  const Clock& clock;
  Metrics& metrics;
};

void add_ingest_routes(http::Router&, const IngestDeps&);

}  // namespace gateway::api
