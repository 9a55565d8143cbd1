#include "gateway/deliver/document.hpp"

#include <algorithm>
#include <chrono>

#include "fhir/follow_up_checks.hpp"
#include "gateway/deliver/fhir_destination.hpp"
#include "gateway/runtime/zone.hpp"

namespace gateway::deliver {

namespace {

// The version in force at `at`. A log's times are whole milliseconds, an observation's are not.
std::optional<store::Observation> as_of(store::Reader& reader, ObservationId id, fhir::Time at) {
  const fhir::Time end = at + std::chrono::milliseconds(1);
  std::optional<store::Observation> row = reader.observation(id);
  while (row && row->updated >= end) {
    if (row->version <= 1) return std::nullopt;
    row = reader.observation(id, row->version - 1);
  }
  return row;
}

void add_reading(store::Reader& reader, const store::Observation& row, alarms::FollowUpContext& context) {
  auto resource = fhir::JsonDocument::parse(row.resource);
  if (!resource) return;
  context.readings.push_back({row.id, row.device, sendable(resource->root(), false)});
  const bool known = std::any_of(context.devices.begin(), context.devices.end(),
                                 [&](const alarms::DocumentDevice& one) { return one.id == row.device; });
  if (!row.device || known) return;
  if (std::optional<store::Device> device = reader.device(row.device))
    context.devices.push_back({device->id, device->identifier, device->model});
}

}  // namespace

Publishers publishers_of(const config::Config& config) {
  Publishers all;
  auto zone = find_zone(config.timezone);
  for (const config::Tenant& tenant : config.tenants) {
    alarms::Publisher& publisher = all[tenant.id];
    publisher.organization = tenant.organization;
    publisher.name = tenant.name;
    publisher.language = alarms::language_named(tenant.language);
    if (zone) publisher.zone = *zone;
  }
  return all;
}

const alarms::Publisher& publisher_of(const Publishers& all, std::string_view tenant) {
  static const alarms::Publisher none;
  auto found = all.find(tenant);
  return found == all.end() ? none : found->second;
}

fhir::Result<FollowUpDocument> follow_up(store::Reader& reader, const alarms::Alarm& alarm,
                                         const alarms::Publisher& publisher) {
  fhir::Result<alarms::Closing> closing = alarms::closing_of(alarm);
  if (!closing) return closing.error();
  std::optional<store::Patient> patient = reader.patient(alarm.patient);
  if (!patient) return fhir::internal("the patient of the alarm is not stored any more");
  alarms::FollowUpContext context;
  context.publisher = publisher;
  context.patient_system = patient->system;
  context.patient_value = patient->value;
  for (ObservationId id : alarms::observations(alarm)) {
    std::optional<store::Observation> row = as_of(reader, id, closing->at);
    if (row && row->patient == alarm.patient && row->tenant == patient->tenant) add_reading(reader, *row, context);
  }
  FollowUpDocument document{alarms::document_identifier(alarm.id, closing->number),
                            alarms::follow_up_document(alarm, *closing, context)};
  auto written = fhir::JsonDocument::parse(document.json);
  if (!written) return fhir::internal("the follow-up document is no JSON");
  std::vector<std::string> problems = fhir::follow_up_document_problems(written->root());
  if (!problems.empty()) return fhir::internal("the follow-up document does not fit its profile: " + problems.front());
  return document;
}

}  // namespace gateway::deliver
