// Which patient an item belongs to: a national number by itself, otherwise the link valid at the measured time (issue point 8).
#pragma once

#include <optional>

#include "gateway/ingest/prepare.hpp"
#include "gateway/journal/working.hpp"

namespace gateway::ingest {

struct Placed {
  registry::PatientState* patient = nullptr;  // null: not placed, for `reason`
  adapters::QuarantineReason reason = adapters::QuarantineReason::unknown_subject;
  std::string_view subject;                   // the link's subject; empty when the person's own identifier placed it
};

// May create the patient a valid national identifier names (SourceFacts::create_patients).
Placed place(journal::Working&, const SourceFacts&, const Whom&, fhir::Time measured);
// The same without creating anybody: for alarms about items that are held.
registry::PatientState* known_patient(journal::Working&, const SourceFacts&, const Whom&, fhir::Time measured);

// A patient the tenant did not have; recorded in the journal.
registry::PatientState& create_patient(journal::Working&, store::Tenant, std::string_view system, std::string_view value);

}  // namespace gateway::ingest
