// A score that was computed here, as a reading to be stored.
#pragma once

#include <string>

#include "gateway/store/rows.hpp"

namespace gateway::ingest {

struct ScoreReading {
  store::Observation row;  // as PreparedReading::row: id, version and the rest are the committer's
  std::string body;
};

}  // namespace gateway::ingest
