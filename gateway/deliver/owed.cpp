#include "gateway/deliver/owed.hpp"

#include <algorithm>

#include "gateway/alarms/detected_issue.hpp"
#include "gateway/deliver/document.hpp"
#include "gateway/deliver/fhir_destination.hpp"

namespace gateway::deliver {

namespace {

std::uint32_t kind_bit(store::Entry kind) {
  return 1U << static_cast<unsigned>(kind);
}

// What is kept in order. Without a patient each alarm is on its own; ids are positive, so the two never meet.
std::int64_t series_of(const store::JournalEntry& entry) {
  return entry.patient ? entry.patient.value : -entry.ref;
}

std::optional<store::JournalEntry> entry_at(store::Reader& reader, store::Position position) {
  std::vector<store::JournalEntry> found = reader.journal(position - 1, 1);
  if (found.empty() || found.front().position != position) return std::nullopt;
  return found.front();
}

// A reading taken from a wrong patient gives its key to the one that stands for it on the right patient. If both have
// one identifier, they are one resource at the receiver, and only the heir may be written there: its patient's lane may
// have been faster, and the withdrawn one would wipe it out.
std::optional<store::Observation> heir_of(store::Reader& reader, const store::Observation& row) {
  if (row.status != store::Status::entered_in_error) return std::nullopt;
  std::int64_t holder = 0;
  reader.find_keys({&row.key, 1}, {&holder, 1});
  if (holder == 0 || holder == row.id.value) return std::nullopt;
  std::optional<store::Observation> heir = reader.observation(ObservationId{holder});
  if (!heir || observation_identifier(*heir) != observation_identifier(row)) return std::nullopt;
  return heir;
}

}  // namespace

OwedPage OwedEntries::after(store::Reader& reader, store::Position after, std::size_t limit) const {
  std::uint32_t kinds = (destination_.observations ? kind_bit(store::Entry::observation) : 0U) |
                        (destination_.alarms ? kind_bit(store::Entry::alarm) : 0U) |
                        (destination_.follow_up ? kind_bit(store::Entry::document) : 0U);
  OwedPage page;
  page.read_to = reader.newest();  // before the entries: one committed in between is met by the next read
  if (kinds == 0) return page;
  for (const store::JournalEntry& entry : reader.journal(after, limit, kinds, tenant_))
    page.entries.push_back({entry.position, series_of(entry), entry.tenant, entry.patient, entry.at});
  page.more = page.entries.size() == limit;
  if (!page.entries.empty()) {
    store::Position last = page.entries.back().position;
    page.read_to = page.more ? last : std::max(page.read_to, last);
  }
  return page;
}

KnownRow OwedEntries::known(store::Reader& reader, const store::Delivery& row) const {
  Owed owed{row.position, row.patient.value, row.tenant, row.patient, row.next_at};
  if (std::optional<store::JournalEntry> entry = entry_at(reader, row.position)) {
    owed.series = series_of(*entry);
    owed.at = entry->at;
  }
  return {owed, row.id, row.state, row.attempts, row.next_at};
}

fhir::Result<HttpRequest> OwedEntries::request(store::Reader& reader, store::Position position) const {
  std::optional<store::JournalEntry> entry = entry_at(reader, position);
  if (!entry) return fhir::not_found("the journal entry is not kept any more");
  if (entry->kind == store::Entry::alarm) return alarm(reader, *entry);
  if (entry->kind == store::Entry::document) return document(reader, *entry);
  std::optional<store::Observation> newest = reader.observation(ObservationId{entry->ref});
  if (!newest) return fhir::not_found("the observation is not stored any more");
  if (std::optional<store::Observation> heir = heir_of(reader, *newest)) newest = std::move(heir);
  return observation_request(destination_, position, *newest);
}

fhir::Result<HttpRequest> OwedEntries::alarm(store::Reader& reader, const store::JournalEntry& entry) const {
  std::optional<store::Alarm> row = reader.alarm(AlarmId{entry.ref});
  if (!row) return fhir::not_found("the alarm is not stored any more");
  fhir::Result<alarms::Alarm> alarm = alarms::alarm_from_stored(*row);
  if (!alarm) return fhir::internal("the stored alarm cannot be read");
  alarms::IssueContext context;
  std::optional<store::Patient> patient;
  if (row->patient) patient = reader.patient(row->patient);
  if (patient) {
    context.patient_system = patient->system;
    context.patient_value = patient->value;
  }
  return alarm_request(destination_, entry.position, row->id, row->version, alarms::detected_issue(*alarm, context));
}

// Of the alarm as the entry keeps it: it may have been reopened since, and the document of then is still owed.
fhir::Result<HttpRequest> OwedEntries::document(store::Reader& reader, const store::JournalEntry& entry) const {
  auto kept = fhir::JsonDocument::parse(entry.data);
  if (!kept) return fhir::internal("the alarm in the journal cannot be read");
  fhir::Result<alarms::Alarm> alarm = alarms::alarm_from_json(kept->root());
  if (!alarm) return fhir::internal("the alarm in the journal cannot be read");
  fhir::Result<FollowUpDocument> made = follow_up(reader, *alarm, publisher_);
  if (!made) return made.error();
  return document_request(destination_, made->identifier, std::move(made->json));
}

}  // namespace gateway::deliver
