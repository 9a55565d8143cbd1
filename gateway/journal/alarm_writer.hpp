// Alarms in the working view: finding the newest state, this group's included, and writing a new version: row, journal entry (the
// stream's event) and caches together, so that they cannot drift apart.
#pragma once

#include <optional>
#include <string>

#include "gateway/alarms/judgement.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::journal {

// By id, open or not; nothing for another tenant's.
std::optional<alarms::Alarm> find_alarm(Working&, store::Tenant, AlarmId);
// The open alarm of an identity; `patient` null for identities that are no patient's.
std::optional<alarms::Alarm> find_open_alarm(Working&, registry::PatientState* patient, store::Tenant, const std::string& identity);

// With the document that the patient's record is owed when a person resolved it just now (alarms/follow_up.hpp).
void write_alarm(Working&, store::Tenant, const alarms::Alarm&, thresholds::Change);

}  // namespace gateway::journal
