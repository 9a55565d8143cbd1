// Open alarms that rest on a reading which is no longer what it was: each says so, and stays a person's to close.
#pragma once

#include <string>
#include <vector>

#include "gateway/journal/alarm_writer.hpp"

namespace gateway::ingest {

std::vector<AlarmId> annotate_alarms_on(journal::Working&, const registry::PatientState&, store::Tenant, ObservationId,
                                        const std::string& text);

}  // namespace gateway::ingest
