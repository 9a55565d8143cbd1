#include "gateway/registry/self_treatment.hpp"

#include "fhir/care_plan.hpp"

namespace gateway::registry {
namespace {

// A month or a year ends with its last day.
thresholds::WallTime end_of(thresholds::WallTime begin, std::size_t written) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(begin));
  if (written == 4) return std::chrono::local_days(date.year() / 1 / 1 + std::chrono::years(1));
  if (written == 7) return std::chrono::local_days(date.year() / date.month() / 1 + std::chrono::months(1));
  return begin + std::chrono::days(1);
}

SelfTreatment::Bound bound(const std::string& text, bool end) {
  const auto time = fhir::DateTime::parse(text);
  if (!time) return {};
  if (text.size() > 10) return {time->utc, std::nullopt};
  const thresholds::WallTime begin(time->utc.time_since_epoch());
  return {std::nullopt, end ? end_of(begin, text.size()) : begin};
}

std::optional<fhir::Time> instant_of(const SelfTreatment::Bound& bound, const thresholds::Zone* zone) {
  if (!bound.wall) return bound.instant;
  return zone == nullptr ? fhir::Time(bound.wall->time_since_epoch()) : zone->first(*bound.wall);
}

}  // namespace

std::optional<alarms::Advice> SelfTreatment::advice(thresholds::Severity severity, fhir::Time now, const thresholds::Zone* zone) const {
  const std::optional<fhir::Time> begin = instant_of(from, zone), end = instant_of(to, zone);
  if ((begin && now < *begin) || (end && now >= *end)) return std::nullopt;
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
