#include "gateway/registry/judged_plan.hpp"

#include <algorithm>

#include "thresholds/judged.hpp"

namespace gateway::registry {
namespace {

thresholds::RuleSet compiled(const Plan& plan) {
  std::vector<thresholds::Limit> limits;
  std::vector<thresholds::Rule> rules;
  for (const PlannedLimit& planned : plan.limits) limits.push_back(planned.limit);
  for (const PlannedRule& planned : plan.rules) rules.push_back(planned.rule);
  return {std::move(limits), std::move(rules)};
}

constexpr std::string_view supplemental_oxygen = "supplemental-oxygen";  // thresholds::score_inputs

bool by_circumstances(const thresholds::Applies& applies) { return applies.meal || applies.oxygen || !applies.site.empty(); }

}  // namespace

JudgedPlan::JudgedPlan(const Plan& plan) : rules(compiled(plan)) {
  const fhir::KnownKinds& known = fhir::kinds();
  for (std::size_t i = 0; i < rules.series().size(); ++i) {
    const thresholds::SeriesName& name = rules.series()[i];
    const auto place = static_cast<std::uint16_t>(i);
    if (name.kind == thresholds::answer_kind) {
      answers.push_back({name.component, place});
      continue;
    }
    if (name.kind == supplemental_oxygen) {
      oxygen_series = place;
      continue;
    }
    const fhir::Kind kind = fhir::kind_named(name.kind);
    if (kind == fhir::Kind::unknown) continue;
    const fhir::Kind component = name.component.empty() ? fhir::Kind::unknown : fhir::kind_named(name.component);
    if (component == fhir::Kind::unknown && !name.component.empty()) continue;
    feeds.push_back({kind, component, place});
    if (kind == known.heart_rate && rules.pulse_is_heart_rate()) feeds.push_back({known.pulse_rate, component, place});
  }
  for (const thresholds::Limit& limit : rules.limits()) {
    circumstances = circumstances || by_circumstances(limit.applies);
    limit_series.push_back(static_cast<std::uint16_t>(rules.place_of(limit.kind, limit.component).value()));
    limit_looks_back.push_back(thresholds::looks_back(limit));
    looks_back = looks_back || limit_looks_back.back();
  }
  for (const thresholds::Rule& rule : rules.rules()) {
    circumstances = circumstances || by_circumstances(rule.applies);
    rule_looks_back.push_back(thresholds::looks_back(rule));
    looks_back = looks_back || rule_looks_back.back();
  }
}

bool JudgedPlan::judges(std::size_t limit, fhir::Kind kind) const {
  return std::any_of(feeds.begin(), feeds.end(), [&](const Feed& feed) { return feed.series == limit_series[limit] && feed.kind == kind; });
}

std::shared_ptr<const JudgedPlan> JudgedPlans::of(const Plan& plan) {
  std::string says = limits_json(plan.limits) + rules_json(plan.rules);
  std::weak_ptr<const JudgedPlan>& known = known_[std::move(says)];
  std::shared_ptr<const JudgedPlan> made = known.lock();
  if (!made) {
    made = std::make_shared<const JudgedPlan>(plan);
    known = made;
  }
  if (known_.size() >= sweep_at_) {
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<std::size_t>(64, 2 * known_.size());
  }
  return made;
}

}  // namespace gateway::registry
