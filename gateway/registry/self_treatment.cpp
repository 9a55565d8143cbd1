#include "gateway/registry/self_treatment.hpp"

#include <string_view>

#include "fhir/json_reader.hpp"

namespace gateway::registry {
namespace {

using fhir::JsonValue;

std::string_view text_of(JsonValue value) {
  auto text = value.as_string();
  return text ? *text : std::string_view();
}

// The contained resource a local reference ("#yellow") names.
JsonValue contained(JsonValue plan, std::string_view reference) {
  if (!reference.starts_with('#')) return {};
  for (JsonValue resource : plan["contained"]) {
    if (text_of(resource["id"]) == reference.substr(1)) return resource;
  }
  return {};
}

// The code system of the zones has no published address (norway.md 9.1), so the words are what is looked for.
std::string_view zone_of(JsonValue condition) {
  for (JsonValue coding : condition["severity"]["coding"]) {
    const std::string_view code = text_of(coding["code"]);
    if (code == "green" || code == "yellow" || code == "red") return code;
  }
  return {};
}

std::string advice_of(JsonValue zone_plan) {
  std::string advice;
  for (JsonValue activity : zone_plan["activity"]) {
    const std::string_view text = text_of(activity["detail"]["description"]);
    if (text.empty()) continue;
    if (!advice.empty()) advice += "\n";
    advice += text;
  }
  return advice;
}

std::optional<fhir::Time> bound(JsonValue value, bool end) {
  auto time = fhir::DateTime::parse(text_of(value));
  if (!time) return std::nullopt;
  // A date as an end is the whole day.
  return end && text_of(value).size() <= 10 ? time->utc + std::chrono::days(1) : time->utc;
}

}  // namespace

std::optional<alarms::Advice> SelfTreatment::advice(thresholds::Severity severity, fhir::Time now) const {
  if ((from && now < *from) || (to && now >= *to)) return std::nullopt;
  const std::string* text = &green;
  switch (thresholds::colour_of(severity)) {
    case thresholds::Colour::green:
      break;
    case thresholds::Colour::yellow:
      text = &yellow;
      break;
    case thresholds::Colour::red:
      text = &red;
      break;
  }
  if (text->empty()) return std::nullopt;
  return alarms::Advice{*text, version};
}

SelfTreatment self_treatment_from(const store::CarePlan& row) {
  SelfTreatment known;
  auto document = fhir::JsonDocument::parse(row.resource);
  if (!document) return known;
  const JsonValue plan = document->root();
  if (text_of(plan["status"]) != "active") return known;
  known.version = row.version;
  known.from = bound(plan["period"]["start"], false);
  known.to = bound(plan["period"]["end"], true);
  for (JsonValue zone_plan : plan["contained"]) {
    if (text_of(zone_plan["resourceType"]) != "CarePlan") continue;
    for (JsonValue addressed : zone_plan["addresses"]) {
      const std::string_view zone = zone_of(contained(plan, text_of(addressed["reference"])));
      if (zone.empty()) continue;
      std::string& advice = zone == "green" ? known.green : zone == "yellow" ? known.yellow : known.red;
      advice = advice_of(zone_plan);
    }
  }
  return known;
}

}  // namespace gateway::registry
