// A plan made ready for judging: its limits and rules compiled, and which readings feed which of their series. Immutable; shared by all
// patients whose plans say the same.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/kinds.hpp"
#include "gateway/registry/plan.hpp"
#include "thresholds/rule_set.hpp"

namespace gateway::registry {

struct JudgedPlan {
  // Places in rules.limits() and rules.rules() are those of plan.limits and plan.rules.
  explicit JudgedPlan(const Plan&);

  // A reading of `kind` is in the series by its own value (component unknown) or by one of its components. A pulse-rate is in the series
  // of heart-rate when nothing speaks of pulse-rate itself (design.md 8.2).
  struct Feed {
    fhir::Kind kind{}, component{};
    std::uint16_t series = 0;
  };
  struct AnswerFeed {
    std::string question;  // "<questionnaire url>|<link id>"
    std::uint16_t series = 0;
  };

  thresholds::RuleSet rules;
  std::vector<Feed> feeds;
  std::vector<AnswerFeed> answers;
  // Whether oxygen is given, as NEWS2 asks: what a saturation states of itself (OURS: no kind of ours measures it), 0 air and 1 oxygen.
  std::optional<std::uint16_t> oxygen_series;
  bool circumstances = false;  // something asks for meal, oxygen or site
  std::vector<std::uint16_t> limit_series;              // by limit
  std::vector<bool> limit_looks_back, rule_looks_back;  // thresholds::looks_back
  bool looks_back = false;

  // Whether readings of the kind are judged by the limit, with or without the value it asks for.
  bool judges(std::size_t limit, fhir::Kind) const;
};

// Compiled plans by what they say. One thread.
class JudgedPlans {
 public:
  std::shared_ptr<const JudgedPlan> of(const Plan&);

 private:
  std::unordered_map<std::string, std::weak_ptr<const JudgedPlan>> known_;
  std::size_t sweep_at_ = 64;
};

}  // namespace gateway::registry
