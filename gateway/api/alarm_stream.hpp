// GET /alarms/stream: Server-Sent Events, one per committed alarm change, `id:` the journal position (design.md 8.2).
#pragma once

#include "gateway/api/alarms.hpp"
#include "gateway/http/router.hpp"

namespace gateway::api {

void add_alarm_stream_route(http::Router&, const AlarmDeps&);

}  // namespace gateway::api
