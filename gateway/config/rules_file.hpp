// Programmes as they stand in rules files: what rule_form reads of each, what must be right about it, and where it is not.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/config/form.hpp"

namespace gateway::config {

class Section;
struct Reading;

// Adds the programmes of one rules file, or of every *.yaml and *.yml in a directory, in the order of their names. `timezone` is that
// of limits and rules that name none.
void read_rules(const std::filesystem::path&, const Section& named_by, const std::string& timezone, Reading&, std::vector<Programme>&);

// The text of one rules file.
void read_rules_text(std::string_view text, const std::string& timezone, Findings&, std::vector<Programme>&);

class PlanCheck;
// A file, YAML or JSON, of what PUT /patients/{id}/limits takes: {limits: [...], rules: [...]}, one of them at least.
void read_plan_file(const std::filesystem::path&, Findings&, PlanCheck&);

}  // namespace gateway::config
