// GET /cases, GET /cases/{id}, POST /cases/{id}/actions: a response centre's list with one row for each patient (alarms/patient_case.hpp).
#pragma once

#include "gateway/api/alarms.hpp"

namespace gateway::api {

void add_case_routes(http::Router&, const AlarmDeps&);

}  // namespace gateway::api
