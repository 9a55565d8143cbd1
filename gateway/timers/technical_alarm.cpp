#include "gateway/timers/technical_alarm.hpp"

#include "gateway/journal/alarm_writer.hpp"

namespace gateway::timers {

void raise_technical(journal::Working& working, store::Tenant tenant, const alarms::TechnicalCause& cause) {
  registry::PatientState* patient = cause.patient ? working.patients.find(cause.patient) : nullptr;
  if (journal::find_open_alarm(working, patient, tenant, alarms::identity(cause))) return;
  const alarms::Judging judging{AlarmId{working.next_id()}, working.now, {}};
  const alarms::AlarmChange raised = alarms::apply_technical(nullptr, cause, judging);
  journal::write_alarm(working, tenant, *raised.alarm, raised.change);
}

void end_technical(journal::Working& working, store::Tenant tenant, PatientId owner, const std::string& identity,
                   std::string_view note) {
  registry::PatientState* patient = owner ? working.patients.find(owner) : nullptr;
  const std::optional<alarms::Alarm> open = journal::find_open_alarm(working, patient, tenant, identity);
  if (!open) return;
  const alarms::AlarmChange ended = alarms::apply_restored(*open, note, working.now);
  if (ended.alarm) journal::write_alarm(working, tenant, *ended.alarm, ended.change);
}

}  // namespace gateway::timers
