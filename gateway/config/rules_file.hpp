// Limits and programmes as they stand in rules files. The JSON form of a limit is registry/plan's; what a limit must be
// is limit_check's for both.
#pragma once

#include <filesystem>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::config {

class Section;
struct Reading;

// {kind: oxygen-saturation, alert_low: 85, warning_low: 90}; problems go to the section's reading.
thresholds::Limit read_limit(Section&, Reading&);

// Adds the programmes of one rules file, or of every *.yaml and *.yml in a directory, in the order of their names.
void read_rules(const std::filesystem::path&, const Section& named_by, Reading&, std::vector<Programme>&);

}  // namespace gateway::config
