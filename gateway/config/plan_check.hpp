// Limits and rules read one after another, of a programme or of a person's plan, and every problem they have.
#pragma once

#include <string>
#include <vector>

#include "gateway/config/form.hpp"
#include "thresholds/rule.hpp"

namespace gateway::config {

// Limits and rules of one plan or programme as they were read, each checked alone and with those before it; problems stand at
// theirs. Whatever the reading itself found wrong with one is not checked further.
class PlanCheck {
 public:
  PlanCheck(Findings& findings, const std::string& timezone) : findings_(findings), timezone_(timezone) {}
  void limit(Form&);
  void rule(Form&);
  void finish();  // what rules are among themselves

  std::vector<thresholds::Limit> limits;
  std::vector<thresholds::Rule> rules;

 private:
  struct Place {
    int line;
    std::string path;
  };
  Findings& findings_;
  const std::string& timezone_;
  std::vector<Place> limit_places_, rule_places_;
  bool rules_readable_ = true;
};

}  // namespace gateway::config
