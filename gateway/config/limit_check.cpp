#include "gateway/config/limit_check.hpp"

#include <algorithm>
#include <utility>

#include "fhir/kinds.hpp"
#include "fhir/national_id.hpp"

namespace gateway::config {
namespace {

using fhir::Kind;
using fhir::KindInfo;
using fhir::ValueType;

// A name as it was sent, unless it could be a person's number: this text goes back over the API and into logs.
std::string quoted(std::string_view text) {
  constexpr std::size_t longest_name = 64;
  if (text.size() > longest_name || fhir::may_contain_national_id(text)) return "of this name";
  return "'" + std::string(text) + "'";
}

std::string component_names(const KindInfo& kind) {
  std::string names;
  for (Kind component : kind.components) {
    if (!names.empty()) names += ", ";
    names += fhir::info(component).name;
  }
  return names;
}

// The kind a reading of this one is a part of; null when it is measured by itself.
const KindInfo* whole_of(Kind part) {
  for (const KindInfo& kind : fhir::all_kinds()) {
    if (std::find(kind.components.begin(), kind.components.end(), part) != kind.components.end()) return &kind;
  }
  return nullptr;
}

// The kind whose values the bounds are compared with; unknown, with an error, when there is none.
Kind judged_kind(const thresholds::Limit& limit, LimitCheck& check) {
  Kind kind = fhir::kind_named(limit.kind);
  if (kind == Kind::unknown) {
    check.errors.push_back("unknown kind " + quoted(limit.kind));
    return Kind::unknown;
  }
  const KindInfo& info = fhir::info(kind);
  if (info.value == ValueType::components) {
    for (Kind component : info.components) {
      if (fhir::info(component).name == limit.component) return component;
    }
    check.errors.push_back(limit.component.empty() ? quoted(limit.kind) + " needs a component: " + component_names(info)
                                                   : "unknown component " + quoted(limit.component) + " of " +
                                                         quoted(limit.kind) + "; it has: " + component_names(info));
    return Kind::unknown;
  }
  if (!limit.component.empty()) {
    check.errors.push_back(quoted(limit.kind) + " has no components");
    return Kind::unknown;
  }
  if (const KindInfo* whole = whole_of(kind)) {
    // Readings arrive as the whole, so such a limit would look set and never judge anything.
    check.errors.push_back("write kind " + quoted(whole->name) + " with component " + quoted(limit.kind));
    return Kind::unknown;
  }
  if (info.value != ValueType::quantity) {
    check.errors.push_back(quoted(limit.kind) + " is not measured as a number and takes no limits");
    return Kind::unknown;
  }
  return kind;
}

thresholds::Number number(const fhir::Decimal& decimal) {
  return {decimal.coefficient(), decimal.scale()};
}

// Comparison is strict, and a value outside the believable range is held as implausible before it is judged.
void find_unreachable(const thresholds::Limit& limit, const KindInfo& kind, std::vector<std::string>& warnings) {
  auto warn = [&](const char* bound) {
    warnings.push_back(std::string(bound) + " can never be crossed: believable values of '" + std::string(kind.name) +
                       "' are " + kind.low->text() + " to " + kind.high->text() + " " + std::string(kind.unit));
  };
  if (!kind.low || !kind.high) return;
  thresholds::Number low = number(*kind.low), high = number(*kind.high);
  if (limit.alert_low && *limit.alert_low <= low) warn("alert_low");
  if (limit.warning_low && *limit.warning_low <= low) warn("warning_low");
  if (limit.warning_high && *limit.warning_high >= high) warn("warning_high");
  if (limit.alert_high && *limit.alert_high >= high) warn("alert_high");
}

}  // namespace

LimitCheck check_limit(const thresholds::Limit& limit) {
  LimitCheck check;
  Kind judged = judged_kind(limit, check);
  for (std::string& text : thresholds::problems({limit})) check.errors.push_back(std::move(text));
  if (judged != Kind::unknown) find_unreachable(limit, fhir::info(judged), check.warnings);
  return check;
}

}  // namespace gateway::config
