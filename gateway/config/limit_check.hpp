// What a limit must be to ever do anything, the same for rules.d and for PUT /patients/{id}/limits: a kind and
// component that are measured as numbers, bounds in order, bounds a believable value can cross.
#pragma once

#include <string>
#include <vector>

#include "thresholds/limits.hpp"

namespace gateway::config {

struct LimitCheck {
  std::vector<std::string> errors;    // the limit cannot be used
  std::vector<std::string> warnings;  // it can, but one of its bounds can never be crossed
};
LimitCheck check_limit(const thresholds::Limit&);

}  // namespace gateway::config
