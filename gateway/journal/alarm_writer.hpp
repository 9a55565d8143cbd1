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

// The change as it is committed: with its clock, deadline and responsible organisation, which is what is given back; and
// with the document that the patient's record is owed when a person resolved it just now (alarms/follow_up.hpp).
alarms::Alarm write_alarm(Working&, store::Tenant, alarms::Alarm, thresholds::Change);
// What a later look depends on (settings, the patient's periods) is not what it was when the alarm was written: kept without a new
// version where nothing shown differs, else as a change. False: it was in step already.
bool settle_alarm(Working&, store::Tenant, const alarms::Alarm&);

}  // namespace gateway::journal
