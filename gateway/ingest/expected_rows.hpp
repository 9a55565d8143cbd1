// What is waited for of a patient, by rule (store::Expected): the rows that expected.hpp and undecided.hpp keep. In committer jobs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/journal/working.hpp"

namespace gateway::ingest {

// Loaded when first asked for. What is changed in it is to be kept or dropped too.
std::vector<store::Expected>& expected_of(journal::Working&, registry::PatientState&);
void keep(journal::Working&, const store::Expected&);
// From the store; out of expected_of() the caller takes it.
void drop(journal::Working&, const store::Expected&);

// The source that the newest reading of these kinds (none: of any) came through is found silent, or sends nothing of use.
bool source_is_silent(journal::Working&, const registry::PatientState&, const std::vector<fhir::Kind>&);

// The alarm of that identity ends as restored, if one is open.
void end_alarm(journal::Working&, registry::PatientState&, const std::string& identity, std::string_view note);

}  // namespace gateway::ingest
