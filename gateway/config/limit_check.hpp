// What a limit must be to ever do anything, the same for rules.d and for PUT /patients/{id}/limits: a kind and
// component that are measured as numbers, bounds in order, bounds a believable value can cross. Likewise rules.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "thresholds/rule.hpp"

namespace gateway::config {

struct LimitCheck {
  std::vector<std::string> errors;    // the limit cannot be used
  std::vector<std::string> warnings;  // it can, but one of its bounds can never be crossed
};
// `service_zone` is known to be there.
LimitCheck check_limit(const thresholds::Limit&, std::string_view service_zone = {});
// Of one rule by itself; what rules must be among themselves is thresholds::rule_problems().
LimitCheck check_rule(const thresholds::Rule&, std::string_view service_zone = {});

}  // namespace gateway::config
