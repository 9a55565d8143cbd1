#include "thresholds/judged.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <variant>

namespace thresholds {
namespace {

Judged heard(const Verdict& verdict, bool breach, const Standing& standing) {
  Judged judged;
  judged.breach = breach;
  if (breach) {
    judged.severity = verdict.severity;
    judged.bound = verdict.bound;
  }
  judged.measured = standing.measured;
  judged.superseded = standing.superseded;
  judged.may_be_later = standing.may_be_later;
  judged.past_horizon = standing.past_horizon;
  return judged;
}

bool normal_again(const Verdict& verdict) { return verdict.outcome == Outcome::within && verdict.clears; }

bool looks_back(const Condition& condition) {
  struct Look {
    const std::vector<Condition>& parts;
    bool operator()(const ValueTest& test) const { return test.of.has_value() || test.sustained.count() != 0; }
    bool operator()(const ChangeTest&) const { return true; }
    bool operator()(const TrendTest&) const { return true; }
    bool operator()(const MissingTest&) const { return false; }
    bool operator()(const ScoreTest&) const { return true; }  // of several readings, as `all`
    bool operator()(const AnswerTest&) const { return false; }
    bool operator()(const FormTest&) const { return false; }
    bool operator()(const RuleReference&) const { return true; }  // put in place by the rule set; what is left of one is not known
    bool operator()(const Condition::Combination& combination) const {
      if (combination.how == Condition::Combination::How::all) return true;
      return std::any_of(parts.begin(), parts.end(), [](const Condition& part) { return looks_back(part); });
    }
  };
  return std::visit(Look{condition.parts}, condition.test);
}

}  // namespace

Standing standing(Time measured, Time now, bool superseded, const AgePolicy& policy) {
  const auto age = now - measured;
  Standing made;
  made.measured = measured;
  made.late = age > policy.late_after;
  made.superseded = superseded;
  made.past_horizon = age > policy.alarm_horizon;
  return made;
}

std::optional<Judged> judged_limit(const Verdict& verdict, Direction direction, std::optional<Number> value, const Standing& standing) {
  const bool breach = verdict.outcome == Outcome::breach && verdict.direction == direction;
  if (!breach && !normal_again(verdict)) return std::nullopt;
  Judged judged = heard(verdict, breach, standing);
  judged.direction = direction;
  judged.value = value;
  return judged;
}

std::optional<Judged> judged_rule(const Verdict& verdict, const Standing& standing) {
  const bool breach = verdict.outcome == Outcome::breach;
  if (!breach && !normal_again(verdict)) return std::nullopt;
  return heard(verdict, breach, standing);
}

std::string_view bound_name(Bound bound) {
  static constexpr std::array<std::string_view, 4> names{"alert_low", "warning_low", "warning_high", "alert_high"};
  return names[static_cast<std::size_t>(bound)];
}

std::string limit_rule(const Limit& limit, std::optional<Bound> bound) {
  std::string rule = limit.kind;
  if (!limit.component.empty()) rule.append("/").append(limit.component);
  if (bound) rule.append(":").append(bound_name(*bound));
  return rule;
}

bool explains_better(const Judged& judged, Severity shown, Time measured) {
  if (judged.severity != shown) return judged.severity > shown;
  return !judged.superseded && judged.measured >= measured;
}

bool looks_back(const Limit& limit) { return limit.of.has_value() || limit.sustained.count() != 0; }
bool looks_back(const Rule& rule) { return looks_back(rule.condition); }

Severity missing_severity(const Rule& rule, int misses) {
  assert(rule.missing() != nullptr);
  Severity severity = rule.severity;
  for (const MissingTest::Step& step : rule.missing()->escalate) {
    if (misses >= step.misses) severity = step.severity;
  }
  return severity;
}

Step missed(const AlarmState* open, Severity severity, Time deadline, const AlarmPolicy& policy, Time now) {
  Judged judged;
  judged.breach = true;
  judged.severity = severity;
  judged.measured = deadline;
  if (open == nullptr || open->state == State::resolved) return raise(judged);
  if (severity <= open->severity) return judge_open(*open, judged, policy, now);
  Step step = escalate(*open);
  step.next.severity = severity;
  step.next.called = std::max(step.next.called, severity);
  step.next.latest_measured = std::max(step.next.latest_measured, deadline);
  return step;
}

}  // namespace thresholds
