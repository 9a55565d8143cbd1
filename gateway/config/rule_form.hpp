// Limits and rules as they are written: in rules.d as YAML, over the API and in a stored plan as JSON, the same members
// (docs/rules.md). Here only what the forms say; what must be right about it is limit_check's and rule_check's.
#pragma once

#include <string>

#include "gateway/config/form.hpp"
#include "thresholds/rule.hpp"

namespace gateway::config {

// `timezone`: of what names none. Bounds come out in the canonical unit; `applies.timezone` is the name of its zone, also the default's.
thresholds::Limit read_limit(Form&, const std::string& timezone);
thresholds::Rule read_rule(Form&, const std::string& timezone);

// Whether wall time or calendar days of its zone play a part.
bool uses_clock(const thresholds::Limit&);
bool uses_clock(const thresholds::Rule&);

}  // namespace gateway::config
