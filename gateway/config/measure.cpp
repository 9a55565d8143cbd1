#include "gateway/config/measure.hpp"

#include <algorithm>

#include "fhir/units.hpp"
#include "gateway/config/form.hpp"

namespace gateway::config {
namespace {

using fhir::Kind;
using fhir::KindInfo;
using fhir::ValueType;

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

}  // namespace

Kind measured_kind(const thresholds::SeriesName& series, std::string& why) {
  const Kind kind = fhir::kind_named(series.kind);
  if (kind == Kind::unknown) {
    why = "unknown kind " + shown(series.kind);
    return Kind::unknown;
  }
  const KindInfo& info = fhir::info(kind);
  if (info.value == ValueType::components) {
    for (Kind component : info.components) {
      if (fhir::info(component).name == series.component) return component;
    }
    why = series.component.empty()
              ? shown(series.kind) + " needs a component: " + component_names(info)
              : "unknown component " + shown(series.component) + " of " + shown(series.kind) + "; it has: " + component_names(info);
    return Kind::unknown;
  }
  if (!series.component.empty()) {
    why = shown(series.kind) + " has no components";
    return Kind::unknown;
  }
  if (const KindInfo* whole = whole_of(kind)) {
    // Readings arrive as the whole, so such a limit would look set and never judge anything.
    why = "write kind " + shown(whole->name) + " with component " + shown(series.kind);
    return Kind::unknown;
  }
  if (info.value != ValueType::quantity) {
    why = shown(series.kind) + " is not measured as a number and takes no limits";
    return Kind::unknown;
  }
  return kind;
}

std::variant<thresholds::Number, std::string> canonical(Kind kind, const thresholds::Number& written, std::string_view unit,
                                                        bool difference) {
  if (unit.empty()) return written;
  const std::string_view expected = fhir::info(kind).unit;
  const std::string_view code = fhir::ucum_code(unit, kind);
  const auto converted =
      code.empty() ? std::nullopt : fhir::to_canonical(fhir::Decimal(written.coefficient, written.scale), code, kind);
  if (!converted) {
    return "unknown unit " + shown(unit) + "; " + std::string(fhir::info(kind).name) + " is kept in " + std::string(expected);
  }
  if (difference) {
    const auto zero = fhir::to_canonical(fhir::Decimal(0), code, kind);
    if (!zero || zero->value != fhir::Decimal(0)) {
      return "a difference cannot be in " + shown(unit) + ", whose zero is another; write it in " + std::string(expected);
    }
  }
  return thresholds::Number{converted->value.coefficient(), converted->value.scale()};
}

std::string KindWords::problem(const thresholds::SeriesName& series) const {
  std::string why;
  measured_kind(series, why);
  return why;
}

std::variant<thresholds::Number, std::string> KindWords::canonical(const thresholds::SeriesName& series,
                                                                        const thresholds::Number& written, std::string_view unit,
                                                                        bool difference) const {
  std::string ignored;
  return config::canonical(measured_kind(series, ignored), written, unit, difference);
}

}  // namespace gateway::config
