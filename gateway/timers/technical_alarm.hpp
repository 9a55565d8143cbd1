// Technical alarms that a timer finds a cause for and takes back itself. In the committer.
#pragma once

#include <string>
#include <string_view>

#include "gateway/alarms/judgement.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::timers {

// One alarm a cause and thing: nothing while it is open already.
void raise_technical(journal::Working&, store::Tenant, const alarms::TechnicalCause&);
// Ends as restored, with a note; nothing when none is open.
void end_technical(journal::Working&, store::Tenant, PatientId, const std::string& identity, std::string_view note);

}  // namespace gateway::timers
