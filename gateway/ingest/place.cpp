#include "gateway/ingest/place.hpp"

namespace gateway::ingest {
namespace {

registry::PatientState* of_tenant(journal::Working& working, store::Tenant tenant, PatientId id) {
  registry::PatientState* state = working.patients.find(id);
  return state != nullptr && state->patient.tenant == tenant ? state : nullptr;
}

Placed place_or_find(journal::Working& working, const SourceFacts& source, const Whom& whom, fhir::Time measured,
                     bool create) {
  using adapters::QuarantineReason;
  if (whom.patient) {
    const adapters::Identifier& identifier = *whom.patient;
    if (auto known = working.patients.by_identifier(source.tenant_no, identifier.system, identifier.value)) {
      return {of_tenant(working, source.tenant_no, *known), QuarantineReason::unknown_subject, {}};
    }
    // Only a checked national number makes a new patient: another system's value says nothing about who it is.
    if (create && source.create_patients && fhir::is_national_id_system(identifier.system)) {
      return {&create_patient(working, source.tenant_no, identifier.system, identifier.value), {}, {}};
    }
    // A number says who it is, whatever its subject is linked to; a vendor's own identifier leaves it to the link.
    if (fhir::is_national_id_system(identifier.system)) return {};
  }
  std::optional<store::Link> by_subject, by_device;
  if (!whom.subject.empty()) by_subject = working.links.at(source.source, whom.subject, measured);
  if (!whom.device.empty() && whom.device != whom.subject) by_device = working.links.at(source.source, whom.device, measured);
  if (by_subject && by_device && by_subject->patient != by_device->patient) {
    return {nullptr, QuarantineReason::ambiguous_subject, {}};
  }
  if (by_subject) return {of_tenant(working, source.tenant_no, by_subject->patient), {}, whom.subject};
  // A subject the vendor names and nobody linked is not replaced by its device: the device may have moved on to the next person.
  if (by_device && whom.subject.empty()) return {of_tenant(working, source.tenant_no, by_device->patient), {}, whom.device};
  return {};
}

}  // namespace

Placed place(journal::Working& working, const SourceFacts& source, const Whom& whom, fhir::Time measured) {
  return place_or_find(working, source, whom, measured, true);
}

registry::PatientState* known_patient(journal::Working& working, const SourceFacts& source, const Whom& whom,
                                      fhir::Time measured) {
  return place_or_find(working, source, whom, measured, false).patient;
}

registry::PatientState& create_patient(journal::Working& working, store::Tenant tenant, std::string_view system,
                                       std::string_view value) {
  store::Patient patient;
  patient.id = PatientId{working.next_id()};
  patient.tenant = tenant;
  patient.system = system;
  patient.value = value;
  patient.created = working.now;
  working.changes.patients.push_back(patient);
  store::JournalEntry entry;
  entry.kind = store::Entry::patient;
  entry.tenant = tenant;
  entry.patient = patient.id;
  entry.ref = patient.id.value;
  entry.version = 1;
  entry.change = "created";
  working.record(std::move(entry));
  return working.patients.add(patient);
}

}  // namespace gateway::ingest
