// Links named in the configuration, made at start through the same step as POST /links. A link that is there already is left as it
// is; one that conflicts is logged and skipped: the store knows what people decided since.
#pragma once

#include "gateway/config/config.hpp"
#include "gateway/ingest/sources.hpp"
#include "gateway/journal/committer.hpp"

namespace gateway::ingest {

void ensure_links(journal::Committer&, const Sources&, const config::Config&);

}  // namespace gateway::ingest
