#include "gateway/config/plan_check.hpp"

#include <algorithm>
#include <utility>

#include "gateway/config/limit_check.hpp"
#include "gateway/config/rule_form.hpp"

namespace gateway::config {
namespace {

std::string what_of(const thresholds::Limit& limit) { return limit.kind + (limit.component.empty() ? "" : " " + limit.component); }

}  // namespace

void PlanCheck::limit(Form& form) {
  const std::size_t before = findings_.errors();
  thresholds::Limit limit = read_limit(form, timezone_);
  if (findings_.errors() == before) {
    LimitCheck check = check_limit(limit, timezone_);
    for (std::string& text : check.errors) form.wrong(std::move(text));
    for (std::string& text : check.warnings) form.warn(std::move(text));
  }
  auto same = std::find_if(limits.begin(), limits.end(),
                           [&](const thresholds::Limit& other) { return !limit.kind.empty() && same_reading(other, limit); });
  if (same != limits.end()) {
    const Place& place = limit_places_[static_cast<std::size_t>(same - limits.begin())];
    form.wrong("a second limit for " + shown(what_of(limit)) + " that may speak of the same reading as the one " +
               (place.line != 0 ? "in line " + std::to_string(place.line) : "at " + place.path) +
               "; make it one, or set them apart by between, days, valid_from, valid_to, meal, oxygen or site");
  }
  limit_places_.push_back({form.line(), form.path()});
  limits.push_back(std::move(limit));
}

void PlanCheck::rule(Form& form) {
  const std::size_t before = findings_.errors();
  thresholds::Rule rule = read_rule(form, timezone_);
  if (findings_.errors() == before) {
    LimitCheck check = check_rule(rule, timezone_);
    for (std::string& text : check.errors) form.wrong(std::move(text));
    for (std::string& text : check.warnings) form.warn(std::move(text));
  } else {
    rules_readable_ = false;
  }
  rule_places_.push_back({form.line(), form.path()});
  rules.push_back(std::move(rule));
}

void PlanCheck::finish() {
  if (!rules_readable_) return;
  for (thresholds::RuleProblem& problem : thresholds::rule_problems(rules)) {
    const Place& place = rule_places_[problem.rule];
    const std::string& id = rules[problem.rule].id;
    std::string text = (id.empty() ? "" : "rule " + shown(id) + ": ") + problem.text;
    if (findings_.file.empty()) text.insert(0, place.path + ": ");
    findings_.problems.push_back({findings_.file, place.line, std::move(text), false});
  }
}

}  // namespace gateway::config
