#include "gateway/registry/plan.hpp"

#include <algorithm>
#include <utility>

#include "fhir/json_writer.hpp"
#include "gateway/config/plan_check.hpp"
#include "gateway/config/rule_form.hpp"
#include "gateway/config/rule_json.hpp"

namespace gateway::registry {
namespace {

// VKP and OpenTele limits never need more; a bound keeps a plan's size and judging time known.
constexpr std::size_t each_max = 200;
constexpr std::size_t problems_told_max = 20;
// Of a stored limit or rule without a zone, for which none matters.
const std::string any_zone = "Europe/Oslo";

template <class Planned, class Read>
std::vector<Planned> stored(const std::string& json, const Read& read) {
  std::vector<Planned> made;
  auto document = fhir::JsonDocument::parse(json);
  if (!document) return made;
  for (fhir::JsonValue item : document->root()) {
    const config::Tree tree = config::tree_of(item);
    config::Findings findings;
    config::Form form(tree, "", findings);
    std::string origin = "personal";
    form.text("origin", origin);
    auto value = read(form);
    form.refuse_unknown();
    if (tree.is_map() && findings.errors() == 0) made.push_back({std::move(value), std::move(origin)});
  }
  return made;
}

// Runs `read` on each of the list; an error when it is no list of objects, or too long a one.
fhir::Result<void> each_of(fhir::JsonValue list, const char* name, config::Findings& findings,
                           const std::function<void(config::Form&)>& read) {
  if (!list.is_array()) return fhir::invalid(std::string(name) + ": expected an array of " + name);
  if (list.size() > each_max) return fhir::invalid(std::string(name) + ": at most " + std::to_string(each_max));
  for (fhir::JsonValue item : list) {
    if (!item.is_object()) return fhir::invalid(item.path() + ": expected an object");
    const config::Tree tree = config::tree_of(item);
    config::Form form(tree, item.path(), findings);
    std::string ignored;
    form.text("origin", ignored);
    read(form);
    form.refuse_unknown();
  }
  return {};
}

std::string told(const config::Findings& findings) {
  std::string text;
  std::size_t count = 0;
  for (const config::Problem& problem : findings.problems) {
    if (problem.warning) continue;
    if (++count > problems_told_max) return text + "; and more";
    text.append(text.empty() ? "" : "; ").append(problem.text);
  }
  return text;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Enrolment of limits or rules alone. `same`: one stands where the other would.
template <class Planned, class Value>
class Enrolment {
 public:
  using Same = bool (*)(const Value&, const Value&);
  Enrolment(Value Planned::*value, Same same) : value_(value), same_(same) {}

  void keep(const std::vector<Planned>& current, const std::vector<std::string>& programmes) {
    for (const Planned& planned : current) {
      const bool stays = planned.origin == "personal" || contains(programmes, planned.origin);
      (stays ? kept_ : left_).push_back(planned);
    }
  }

  void copy(const Value& value, const std::string& programme, bool only_what_was_left) {
    const auto stands_here = [&](const Planned& planned) { return same_(planned.*value_, value); };
    if (only_what_was_left && std::none_of(left_.begin(), left_.end(), stands_here)) return;
    const auto personal = [&](const Planned& planned) { return planned.origin == "personal" && stands_here(planned); };
    if (std::any_of(kept_.begin(), kept_.end(), personal)) return;
    auto first = std::find_if(kept_.begin(), kept_.end(), stands_here);
    if (first == kept_.end()) {
      kept_.push_back({value, programme});
      return;
    }
    *first = {value, programme};
    kept_.erase(std::remove_if(first + 1, kept_.end(), stands_here), kept_.end());
  }

  std::vector<Planned> take() { return std::move(kept_); }

 private:
  Value Planned::*value_;
  Same same_;
  std::vector<Planned> kept_, left_;
};

}  // namespace

const PlannedLimit* Plan::limit_for(std::string_view kind, std::string_view component) const {
  auto found = std::find_if(limits.begin(), limits.end(), [&](const PlannedLimit& planned) {
    return planned.limit.kind == kind && planned.limit.component == component;
  });
  return found == limits.end() ? nullptr : &*found;
}

Plan plan_from(const store::Plan& row) {
  Plan plan{.version = row.version, .programmes = row.programmes, .limits = {}, .rules = {}};
  plan.limits = stored<PlannedLimit>(row.limits, [](config::Form& form) { return config::read_limit(form, any_zone); });
  plan.person = stored_person(row.person);
  plan.rules = stored<PlannedRule>(row.rules, [](config::Form& form) { return config::read_rule(form, any_zone); });
  return plan;
}

std::string limits_json(const std::vector<PlannedLimit>& limits) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_array();
  for (const PlannedLimit& planned : limits) {
    writer.begin_object();
    config::write_limit(writer, planned.limit);
    writer.member("origin", planned.origin).end_object();
  }
  writer.end_array();
  return out;
}

std::string rules_json(const std::vector<PlannedRule>& rules) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_array();
  for (const PlannedRule& planned : rules) {
    writer.begin_object();
    config::write_rule(writer, planned.rule);
    writer.member("origin", planned.origin).end_object();
  }
  writer.end_array();
  return out;
}

fhir::Result<PersonalPlan> personal_from_json(fhir::JsonValue body, const std::string& timezone) {
  config::Findings findings;
  config::PlanCheck check(findings, timezone);
  const bool rules_alone = body["limits"].absent() && !(body["rules"].absent() && body["person"].absent());
  if (!rules_alone) {
    auto read = each_of(body["limits"], "limits", findings, [&](config::Form& form) { check.limit(form); });
    if (!read) return read.error();
  }
  if (!body["rules"].absent()) {
    auto read = each_of(body["rules"], "rules", findings, [&](config::Form& form) { check.rule(form); });
    if (!read) return read.error();
  }
  check.finish();
  if (findings.errors() != 0) return fhir::invalid(told(findings));

  PersonalPlan plan;
  if (!rules_alone) plan.limits.emplace();
  for (thresholds::Limit& limit : check.limits) plan.limits->push_back({std::move(limit), "personal"});
  if (!body["rules"].absent()) plan.rules.emplace();
  for (thresholds::Rule& rule : check.rules) plan.rules->push_back({std::move(rule), "personal"});
  if (!body["person"].absent()) {
    auto person = person_from_json(body["person"]);
    if (!person) return person.error();
    plan.person = std::move(*person);
  }
  return plan;
}

Plan enrol(const Plan& current, const std::vector<std::string>& programmes, const std::vector<config::Programme>& known) {
  Enrolment<PlannedLimit, thresholds::Limit> limits(&PlannedLimit::limit, thresholds::same_reading);
  Enrolment<PlannedRule, thresholds::Rule> rules(
      &PlannedRule::rule, [](const thresholds::Rule& a, const thresholds::Rule& b) { return a.id == b.id; });
  limits.keep(current.limits, programmes);
  rules.keep(current.rules, programmes);
  for (const bool stayed : {true, false}) {
    for (const std::string& name : programmes) {
      if (contains(current.programmes, name) != stayed) continue;
      auto programme = std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.id == name; });
      if (programme == known.end()) continue;
      for (const thresholds::Limit& limit : programme->limits) limits.copy(limit, name, stayed);
      for (const thresholds::Rule& rule : thresholds::references_in_place(programme->rules)) rules.copy(rule, name, stayed);
    }
  }
  Plan next = current;
  next.programmes = programmes;
  next.limits = limits.take();
  next.rules = rules.take();
  return next;
}

}  // namespace gateway::registry
