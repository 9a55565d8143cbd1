// A new version of a patient's plan in a committer job: the row, its journal entry and audit, and what it means for what is expected.
#pragma once

#include <string_view>

#include "gateway/journal/working.hpp"

namespace gateway::ingest {

// `next` is written as the version after the one in force. `who`: the client; `change` "limits", "programmes" or "promoted"; `action`
// as the audit trail says it.
void change_plan(journal::Working&, registry::PatientState&, registry::Plan next, std::string_view who, std::string_view change,
                 std::string_view action);

}  // namespace gateway::ingest
