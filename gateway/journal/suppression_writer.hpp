// Suppressions in the working view: what one hides as a reading is judged or found missing, what people decide about one, and what time
// alone does to it. Row, journal entry, cache and the alarm that tells its end are written together.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/journal/working.hpp"

namespace gateway::journal {

// The suppression that keeps a new alarm quiet; it has counted the finding. None: the alarm is to be raised. Asked only when no alarm of
// that identity is open, but for missing readings.
std::optional<SuppressionId> hidden_limit(Working&, registry::PatientState&, std::string_view kind, registry::HiddenFinding);
std::optional<SuppressionId> hidden_rule(Working&, registry::PatientState&, std::string_view rule, registry::HiddenFinding);
// Of a reading that was expected in [begin, end]; `told`: an alarm is open, which an absence does not let grow. Gives the suppression,
// valid until the next write.
const registry::Suppression* hidden_missing(Working&, registry::PatientState&, std::string_view rule, fhir::Time begin, fhir::Time end,
                                            registry::HiddenFinding, bool told);

// "Målt under planlagt fravær til 15.12.2026 08:00: Sykehus"; empty when the patient was not to be away.
std::string absence_text(const registry::PatientState&, fhir::Time measured);

// People's decisions. The caller has checked that they are allowed; the version is raised here.
void begin_suppression(Working&, registry::PatientState&, registry::Suppression);
void extend_suppression(Working&, registry::PatientState&, registry::Suppression, fhir::Time until);
void end_suppression(Working&, registry::PatientState&, registry::Suppression, const alarms::Person&, const std::string& tenant_name);
void review_suppression(Working&, registry::PatientState&, registry::Suppression, const alarms::Person&, std::string review);

// What is due by now: its end is told beforehand; it is over, and what it hid is to be reviewed. Once each, over restarts.
void step_suppression(Working&, PatientId, SuppressionId, const std::string& tenant_name);

}  // namespace gateway::journal
