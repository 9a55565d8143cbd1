#include "gateway/store/sqlite_rows.hpp"

#include <charconv>

namespace gateway::store {
namespace {

// Reads "number<separator>" off the front.
std::int64_t take_number(std::string_view& text, char separator) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  auto used = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || used >= text.size() || text[used] != separator) {
    throw StoreError(StoreError::Cause::damaged, "store: a component list that cannot be read");
  }
  text.remove_prefix(used + 1);
  return number;
}

constexpr int absent_shift = 8, sequence_shift = 16;
constexpr std::uint64_t largest_sequence = (std::uint64_t{1} << 47) - 1;

}  // namespace

std::int64_t flags_of(const Observation& o) {
  std::int64_t flags = (o.late ? flag_late : 0) | (o.superseded ? flag_superseded : 0) | (o.recalled ? flag_recalled : 0);
  flags |= static_cast<std::int64_t>(o.absent) << absent_shift;
  if (!o.doubled_hour) return flags;
  flags |= flag_doubled_hour;
  if (o.sequence <= largest_sequence) flags |= static_cast<std::int64_t>(o.sequence << sequence_shift);
  return flags;
}

fhir::AbsentReason absent_in(std::int64_t flags) {
  return static_cast<fhir::AbsentReason>((flags >> absent_shift) & 0xff);
}

std::string components_text(const std::vector<ComponentValue>& components) {
  std::string text;
  for (const ComponentValue& c : components) {
    text += std::to_string(static_cast<int>(c.kind)) + "," + std::to_string(c.value.coefficient()) + "," +
            std::to_string(c.value.scale()) + "," + std::to_string(c.comparator) + ";";
  }
  return text;
}

std::vector<ComponentValue> components_of(std::string_view text) {
  std::vector<ComponentValue> components;
  while (!text.empty()) {
    auto kind = static_cast<fhir::Kind>(take_number(text, ','));
    std::int64_t coefficient = take_number(text, ',');
    auto scale = static_cast<int>(take_number(text, ','));
    auto comparator = static_cast<std::uint8_t>(take_number(text, ';'));
    components.push_back({kind, fhir::Decimal(coefficient, scale), comparator});
  }
  return components;
}

std::string lines_text(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

Observation read_observation(const SqliteQuery& row) {
  Observation o;
  o.id = row.number<ObservationId>(0);
  o.version = row.number<std::uint32_t>(1);
  o.tenant = row.number<Tenant>(2);
  o.patient = row.number<PatientId>(3);
  o.source = row.number<Source>(4);
  o.kind = row.number<fhir::Kind>(5);
  o.measured = row.time(6);
  o.updated = row.time(7);
  o.status = row.number<Status>(9);
  const std::int64_t flags = row.integer(10);
  o.late = (flags & flag_late) != 0;
  o.superseded = (flags & flag_superseded) != 0;
  o.recalled = (flags & flag_recalled) != 0;
  o.doubled_hour = (flags & flag_doubled_hour) != 0;
  o.absent = absent_in(flags);
  o.sequence = static_cast<std::uint64_t>(flags) >> sequence_shift;
  o.key = row.key(11);
  o.digest = row.number<Digest>(12);
  o.device = row.number<DeviceId>(13);
  if (!row.is_null(14)) o.value = fhir::Decimal(row.integer(14), row.number<int>(15));
  o.comparator = row.number<std::uint8_t>(16);
  o.vendor_version = row.text(17);
  o.subject = row.text(18);
  o.components = components_of(row.view(19));
  o.judgement = row.text(20);
  o.resource = row.text(21);
  return o;
}

Event read_event(const SqliteQuery& row) {
  Event e;
  e.id = row.number<EventId>(0);
  e.tenant = row.number<Tenant>(1);
  e.patient = row.number<PatientId>(2);
  e.source = row.number<Source>(3);
  e.kind = row.number<fhir::EventKind>(4);
  e.measured = row.time(5);
  e.received = row.time(6);
  e.key = row.key(7);
  e.alarm = row.number<AlarmId>(8);
  e.subject = row.text(9);
  e.content = row.text(10);
  return e;
}

Patient read_patient(const SqliteQuery& row) {
  return {row.number<PatientId>(0), row.number<Tenant>(1), row.text(2), row.text(3), row.time(4)};
}

Device read_device(const SqliteQuery& row) {
  return {row.number<DeviceId>(0), row.number<Tenant>(1), row.number<Source>(2), row.text(3), row.text(4), row.time(5)};
}

Link read_link(const SqliteQuery& row) {
  return {row.number<LinkId>(0),
          row.number<std::uint32_t>(1),
          row.number<Tenant>(2),
          row.number<Source>(3),
          row.text(4),
          row.number<PatientId>(5),
          row.time(6),
          row.optional_time(7),
          row.text(8)};
}

Plan read_plan(const SqliteQuery& row) {
  return {row.number<PatientId>(0),
          row.number<std::uint32_t>(1),
          row.time(2),
          row.text(3),
          lines_of(row.view(4)),
          row.text(5),
          row.text(6),
          row.text(7)};
}

Alarm read_alarm(const SqliteQuery& row) {
  return {row.number<AlarmId>(0),
          row.number<std::uint32_t>(1),
          row.number<Tenant>(2),
          row.number<PatientId>(3),
          row.text(4),
          row.integer(5) != 0,
          row.number<std::uint8_t>(6),
          row.time(7),
          row.text(8),
          row.optional_time(9)};
}

Call read_call(const SqliteQuery& row) {
  return {row.number<AlarmId>(0),       row.number<std::uint32_t>(1), row.number<Tenant>(2), row.number<std::int32_t>(3),
          row.number<std::uint32_t>(4), row.time(5)};
}

Expected read_expected(const SqliteQuery& row) {
  return {row.number<PatientId>(0), row.text(1),  row.number<Tenant>(2), row.text(3),  row.time(4),  row.time(5),
          row.time(6),              row.optional_time(7), row.optional_time(8),   row.time(9), row.time(10), row.number<std::int32_t>(11)};
}

Suppression read_suppression(const SqliteQuery& row) {
  return {row.number<SuppressionId>(0), row.number<std::uint32_t>(1), row.number<Tenant>(2), row.number<PatientId>(3),
          row.integer(4) != 0,          row.optional_time(5),         row.text(6)};
}

CarePlan read_care_plan(const SqliteQuery& row) {
  return {row.number<PatientId>(0), row.number<std::uint32_t>(1), row.number<Tenant>(2), row.time(3), row.text(4), row.text(5)};
}

Responsibility read_responsibility(const SqliteQuery& row) {
  return {row.number<PatientId>(0), row.number<std::uint32_t>(1), row.time(2), row.text(3), row.text(4)};
}

Quarantined read_quarantined(const SqliteQuery& row) {
  Quarantined q;
  q.id = row.number<QuarantineId>(0);
  q.tenant = row.number<Tenant>(1);
  q.source = row.number<Source>(2);
  q.reason = row.number<std::uint8_t>(3);
  q.state = row.number<QuarantineState>(4);
  q.received = row.time(5);
  q.measured = row.optional_time(6);
  q.key = row.key(7);
  q.subject = row.text(8);
  q.kind = row.number<fhir::Kind>(9);
  q.index = row.number<std::uint32_t>(10);
  q.payload = row.key(11);
  q.note = row.text(12);
  q.decided_by = row.text(13);
  q.outcome = row.text(14);
  return q;
}

JournalEntry read_journal_entry(const SqliteQuery& row) {
  return {row.integer(0),
          row.time(1),
          row.number<Entry>(2),
          row.number<Tenant>(3),
          row.number<PatientId>(4),
          row.integer(5),
          row.number<std::uint32_t>(6),
          row.text(7),
          row.text(8)};
}

Delivery read_delivery(const SqliteQuery& row) {
  return {row.number<DeliveryId>(0),
          row.text(1),
          row.integer(2),
          row.number<Tenant>(3),
          row.number<PatientId>(4),
          row.number<DeliveryState>(5),
          row.number<std::uint32_t>(6),
          row.time(7),
          row.text(8)};
}

PullUser read_pull_user(const SqliteQuery& row) {
  PullUser u;
  u.source = row.number<Source>(0);
  u.user = row.text(1);
  u.tenant = row.number<Tenant>(2);
  u.version = row.integer(3);
  u.state = row.number<PullState>(4);
  u.token = row.text(5);
  u.asked = row.optional_time(6);
  u.mark = row.optional_time(7);
  u.pulled = row.optional_time(8);
  u.vendor_user = row.text(9);
  u.reason = row.text(10);
  u.connected = row.time(11);
  u.who = row.text(12);
  return u;
}

SourceSeen read_source_seen(const SqliteQuery& row) {
  SourceSeen s;
  s.source = row.number<Source>(0);
  s.tenant = row.number<Tenant>(1);
  s.name = row.text(2);
  s.watched = row.time(3);
  s.accepted = row.optional_time(4);
  s.heartbeat = row.optional_time(5);
  s.state = row.number<std::uint8_t>(6);
  s.no_heartbeat = row.integer(7) != 0;
  return s;
}

DeviceSeen read_device_seen(const SqliteQuery& row) {
  DeviceSeen d;
  d.device = row.number<DeviceId>(0);
  d.source = row.number<Source>(1);
  d.tenant = row.number<Tenant>(2);
  d.patient = row.number<PatientId>(3);
  d.seen = row.time(4);
  d.silent = row.integer(5) != 0;
  d.subject = row.text(6);
  d.identifier = row.text(7);
  return d;
}

}  // namespace gateway::store
