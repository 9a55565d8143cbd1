// Limits and rules written as rule_form reads them, in canonical units and as JSON: what a plan stores and the API shows. A rule that
// was an expression comes out as the condition it meant. Each call writes the members inside an object that is open.
#pragma once

#include "fhir/json_writer.hpp"
#include "thresholds/rule.hpp"

namespace gateway::config {

void write_limit(fhir::JsonWriter&, const thresholds::Limit&);
void write_rule(fhir::JsonWriter&, const thresholds::Rule&);

}  // namespace gateway::config
