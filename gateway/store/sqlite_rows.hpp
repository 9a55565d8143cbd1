// Rows to structs and back. The column lists are here once, in the order the functions read and bind them.
#pragma once

#include "gateway/store/sqlite_connection.hpp"
#include "gateway/store/store.hpp"

namespace gateway::store {

// Macros, because SQL literals are joined with them and a statement is known by the address of its literal.
#define HJEMPORT_OBSERVATION_COLUMNS                                                                              \
  "id, version, tenant, patient, source, kind, measured, updated, position, status, flags, key, digest, device, " \
  "value, scale, comparator, vendor_version, subject, components, judgement, resource"
#define HJEMPORT_EVENT_COLUMNS "id, tenant, patient, source, kind, measured, received, key, alarm, subject, content"
#define HJEMPORT_PATIENT_COLUMNS "id, tenant, system, value, created"
#define HJEMPORT_DEVICE_COLUMNS "id, tenant, source, identifier, model, first_seen"
#define HJEMPORT_LINK_COLUMNS "id, version, tenant, source, subject, patient, valid_from, valid_to, who"
#define HJEMPORT_PLAN_COLUMNS "patient, version, at, who, programmes, limits, rules, person"
#define HJEMPORT_ALARM_COLUMNS "id, version, tenant, patient, identity, open, severity, raised, document, due"
#define HJEMPORT_CALL_COLUMNS "alarm, version, tenant, level, attempts, next_at"
#define HJEMPORT_RESPONSIBILITY_COLUMNS "patient, version, at, who, periods"
#define HJEMPORT_SUPPRESSION_COLUMNS "id, version, tenant, patient, open, due, document"
#define HJEMPORT_CARE_PLAN_COLUMNS "patient, version, tenant, at, who, resource"
#define HJEMPORT_EXPECTED_COLUMNS \
  "patient, rule, tenant, says, began, begins, deadline, due, newest, missed_begin, missed_deadline, misses"
#define HJEMPORT_QUARANTINE_COLUMNS                                                                              \
  "id, tenant, source, reason, state, received, measured, key, subject, kind, item, payload, note, decided_by, " \
  "outcome"
#define HJEMPORT_JOURNAL_COLUMNS "position, at, kind, tenant, patient, ref, version, change, data"
#define HJEMPORT_DELIVERY_COLUMNS "id, destination, position, tenant, patient, state, attempts, next_at, reason"
#define HJEMPORT_PULL_USER_COLUMNS                                                                             \
  "source, user, tenant, version, state, token, asked, mark, pulled, vendor_user, reason, connected, who"
#define HJEMPORT_SOURCE_SEEN_COLUMNS "source, tenant, name, watched, accepted, heartbeat, state, no_heartbeat"
#define HJEMPORT_DEVICE_SEEN_COLUMNS "device, source, tenant, patient, seen, silent, subject, identifier"

Observation read_observation(const SqliteQuery&);
Event read_event(const SqliteQuery&);
Patient read_patient(const SqliteQuery&);
Device read_device(const SqliteQuery&);
Link read_link(const SqliteQuery&);
Plan read_plan(const SqliteQuery&);
Alarm read_alarm(const SqliteQuery&);
Call read_call(const SqliteQuery&);
Responsibility read_responsibility(const SqliteQuery&);
Suppression read_suppression(const SqliteQuery&);
CarePlan read_care_plan(const SqliteQuery&);
Expected read_expected(const SqliteQuery&);
Quarantined read_quarantined(const SqliteQuery&);
JournalEntry read_journal_entry(const SqliteQuery&);
Delivery read_delivery(const SqliteQuery&);
PullUser read_pull_user(const SqliteQuery&);
SourceSeen read_source_seen(const SqliteQuery&);
DeviceSeen read_device_seen(const SqliteQuery&);

// Lists in one text column.
std::string components_text(const std::vector<ComponentValue>&);  // "kind,coefficient,scale,comparator;..."
std::vector<ComponentValue> components_of(std::string_view text);
std::string lines_text(const std::vector<std::string>&);  // one a line; programme ids have no line breaks
std::vector<std::string> lines_of(std::string_view text);

// Column `flags`: four bits, the absent reason, and from bit 16 up the sequence of a reading of the doubled hour, as far as 47
// bits hold it (a larger one orders nothing after it was stored).
constexpr std::int64_t flag_late = 1, flag_superseded = 2, flag_doubled_hour = 4, flag_recalled = 8;
std::int64_t flags_of(const Observation&);
fhir::AbsentReason absent_in(std::int64_t flags);

// Every row of a statement whose values are bound.
template <class Read>
auto read_all(SqliteQuery& query, Read read) {
  std::vector<decltype(read(query))> rows;
  while (query.step()) rows.push_back(read(query));
  return rows;
}
template <class Read>
auto read_one(SqliteQuery& query, Read read) -> std::optional<decltype(read(query))> {
  if (!query.step()) return std::nullopt;
  return read(query);
}

}  // namespace gateway::store
