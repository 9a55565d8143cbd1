#include "gateway/registry/plan.hpp"

#include <algorithm>
#include <array>

#include "fhir/json_writer.hpp"
#include "gateway/config/limit_check.hpp"

namespace gateway::registry {
namespace {

using BoundMember = std::optional<thresholds::Number> thresholds::Limit::*;
constexpr std::array<std::pair<std::string_view, BoundMember>, 4> bound_names{{
    {"alert_high", &thresholds::Limit::alert_high},
    {"warning_high", &thresholds::Limit::warning_high},
    {"warning_low", &thresholds::Limit::warning_low},
    {"alert_low", &thresholds::Limit::alert_low},
}};
// VKP and OpenTele limits never need more; a bound keeps a plan's size and judging time known.
constexpr std::size_t limits_max = 200;

fhir::Result<PlannedLimit> limit_from_json(fhir::JsonValue item) {
  if (!item.is_object()) return fhir::invalid(item.path() + ": expected a limit object");
  PlannedLimit planned{.limit = {}, .origin = "personal"};
  for (fhir::JsonValue member : item) {
    const std::string_view name = member.key();
    if (name == "kind" || name == "component" || name == "origin") {
      auto text = member.as_string();
      if (!text) return text.error();
      (name == "kind" ? planned.limit.kind : name == "component" ? planned.limit.component : planned.origin) = *text;
      continue;
    }
    auto bound = std::find_if(bound_names.begin(), bound_names.end(), [&](const auto& row) { return row.first == name; });
    if (bound == bound_names.end()) return fhir::invalid(member.path() + ": unknown member of a limit");
    if (member.is_null()) continue;
    auto value = member.as_decimal_or_text();
    if (!value) return value.error();
    planned.limit.*(bound->second) = thresholds::Number{value->coefficient(), value->scale()};
  }
  return planned;
}

}  // namespace

const PlannedLimit* Plan::limit_for(std::string_view kind, std::string_view component) const {
  auto found = std::find_if(limits.begin(), limits.end(), [&](const PlannedLimit& planned) {
    return planned.limit.kind == kind && planned.limit.component == component;
  });
  return found == limits.end() ? nullptr : &*found;
}

Plan plan_from(const store::Plan& row) {
  Plan plan{.version = row.version, .programmes = row.programmes, .limits = {}};
  auto document = fhir::JsonDocument::parse(row.limits);
  if (!document) return plan;
  for (fhir::JsonValue item : document->root()) {
    if (auto limit = limit_from_json(item)) plan.limits.push_back(std::move(*limit));
  }
  return plan;
}

std::string limits_json(const std::vector<PlannedLimit>& limits) {
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_array();
  for (const PlannedLimit& planned : limits) {
    writer.begin_object().member("kind", planned.limit.kind).member_if("component", planned.limit.component);
    for (const auto& [name, member] : bound_names) {
      if (const auto& bound = planned.limit.*member) writer.member(name, fhir::Decimal(bound->coefficient, bound->scale));
    }
    writer.member("origin", planned.origin).end_object();
  }
  writer.end_array();
  return out;
}

fhir::Result<std::vector<PlannedLimit>> limits_from_json(fhir::JsonValue body) {
  fhir::JsonValue list = body["limits"];
  if (!list.is_array()) return fhir::invalid("limits: expected an array of limits");
  if (list.size() > limits_max) return fhir::invalid("limits: at most 200");
  std::vector<PlannedLimit> limits;
  std::vector<thresholds::Limit> plain;
  for (fhir::JsonValue item : list) {
    auto limit = limit_from_json(item);
    if (!limit) return limit.error();
    // The same demands as on rules files. Only here: what is stored already keeps judging.
    const config::LimitCheck check = config::check_limit(limit->limit);
    if (!check.errors.empty()) return fhir::invalid(item.path() + ": " + check.errors.front());
    limit->origin = "personal";  // what a person sends is theirs, whatever a shown limit said before
    plain.push_back(limit->limit);
    limits.push_back(std::move(*limit));
  }
  std::vector<std::string> problems = thresholds::problems(plain);
  if (!problems.empty()) {
    std::string text = "limits: ";
    for (const std::string& problem : problems) text.append(&problem == &problems.front() ? "" : "; ").append(problem);
    return fhir::invalid(std::move(text));
  }
  return limits;
}

std::vector<PlannedLimit> enrol(const Plan& current, const std::vector<std::string>& programmes,
                                const std::vector<config::Programme>& known) {
  auto contains = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::vector<PlannedLimit> limits, left;
  for (const PlannedLimit& planned : current.limits) {
    const bool stays = planned.origin == "personal" || contains(programmes, planned.origin);
    (stays ? limits : left).push_back(planned);
  }
  auto place_in = [](std::vector<PlannedLimit>& list, const thresholds::Limit& limit) {
    return std::find_if(list.begin(), list.end(), [&](const PlannedLimit& planned) {
      return planned.limit.kind == limit.kind && planned.limit.component == limit.component;
    });
  };
  auto copy_in = [&](const std::string& name, bool only_what_was_left) {
    auto programme = std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.id == name; });
    if (programme == known.end()) return;
    for (const thresholds::Limit& limit : programme->limits) {
      if (only_what_was_left && place_in(left, limit) == left.end()) continue;
      auto same = place_in(limits, limit);
      if (same == limits.end()) {
        limits.push_back({limit, name});
      } else if (same->origin != "personal") {
        *same = {limit, name};
      }
    }
  };
  for (const std::string& name : programmes) {
    if (contains(current.programmes, name)) copy_in(name, true);
  }
  for (const std::string& name : programmes) {
    if (!contains(current.programmes, name)) copy_in(name, false);
  }
  return limits;
}

}  // namespace gateway::registry
