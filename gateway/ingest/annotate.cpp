#include "gateway/ingest/annotate.hpp"

#include <algorithm>

namespace gateway::ingest {

std::vector<AlarmId> annotate_alarms_on(journal::Working& working, const registry::PatientState& patient, store::Tenant tenant,
                                        ObservationId reading, const std::string& text) {
  std::vector<AlarmId> annotated;
  const std::vector<alarms::Alarm> open = patient.open_alarms;  // writing one changes the list
  for (const alarms::Alarm& alarm : open) {
    const std::vector<ObservationId> based_on = alarms::observations(alarm);
    if (std::find(based_on.begin(), based_on.end(), reading) == based_on.end()) continue;
    alarms::AlarmChange change = alarms::annotate(alarm, text, working.now);
    if (!change.alarm) continue;
    journal::write_alarm(working, tenant, *change.alarm, change.change);
    annotated.push_back(alarm.id);
  }
  return annotated;
}

}  // namespace gateway::ingest
