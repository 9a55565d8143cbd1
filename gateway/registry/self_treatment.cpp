#include "gateway/registry/self_treatment.hpp"

#include "fhir/care_plan.hpp"

namespace gateway::registry {
namespace {

// A date begins and ends with its day, of UTC: an hour or two early in Norway.
std::optional<fhir::Time> bound(const std::string& text, bool end) {
  auto time = fhir::DateTime::parse(text);
  if (!time) return std::nullopt;
  return end && text.size() <= 10 ? time->utc + std::chrono::days(1) : time->utc;
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
  auto plan = fhir::care_plan_from_json(document->root(), "Patient/" + row.patient.text());
  if (!plan || plan->status != "active") return known;
  known.version = row.version;
  known.from = bound(plan->start, false);
  known.to = bound(plan->end, true);
  for (const fhir::CarePlanZone& zone : plan->zones) {
    (zone.zone == "green" ? known.green : zone.zone == "yellow" ? known.yellow : known.red) = fhir::zone_advice(zone);
  }
  return known;
}

}  // namespace gateway::registry
