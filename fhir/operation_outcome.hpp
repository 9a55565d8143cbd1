// OperationOutcome, FHIR's error body.
#pragma once

#include <string>
#include <string_view>

namespace fhir {

// severity: error | warning | information; code: an issue-type code ("invalid", "not-found", "throttled" ...).
std::string operation_outcome(std::string_view severity, std::string_view code, std::string_view diagnostics);

}  // namespace fhir
