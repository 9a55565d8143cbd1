// What an MLLP listener does with the messages of its source: stored first, then acknowledged by the source's adapter.
#pragma once

#include "gateway/doors/mllp_server.hpp"
#include "gateway/ingest/intake.hpp"

namespace gateway::doors {

// All of it outlives the receiver.
MllpReceiver mllp_receiver(const ingest::Sources&, std::string source, const ingest::Intake&, const Clock&, Metrics&);

}  // namespace gateway::doors
