#include "gateway/store/sqlite_reader.hpp"

#include <algorithm>

#include "gateway/store/sqlite_rows.hpp"

namespace gateway::store {
namespace {

std::int64_t single_number(SqliteQuery query) {
  return query.step() ? query.integer(0) : 0;
}

template <class Id>
std::int64_t number_or_zero(const std::optional<Id>& id) {
  return id ? id->value : 0;
}

// A where clause built from fixed fragments; values are bound, never spelled.
class Conditions {
 public:
  void add(const char* fragment) { where_ += (where_.empty() ? " where " : " and ") + std::string(fragment); }
  template <class T>
  void equal(const char* column, const T& value) {
    add((std::string(column) + " = ?").c_str());
    values_.push_back(static_cast<std::int64_t>(value));
  }
  void above(const char* column, std::int64_t value) {
    add((std::string(column) + " > ?").c_str());
    values_.push_back(value);
  }
  void at_least(const char* column, std::int64_t value) {
    add((std::string(column) + " >= ?").c_str());
    values_.push_back(value);
  }
  template <class Id>
  void among(const char* column, const std::vector<Id>& ids) {
    std::string list;
    for (Id id : ids) {
      list += list.empty() ? "?" : ", ?";
      values_.push_back(id.value);
    }
    add((std::string(column) + " in (" + list + ")").c_str());
  }
  const std::string& text() const { return where_; }
  void bind(SqliteQuery& query) const {
    for (std::int64_t value : values_) query.bind(value);
  }

 private:
  std::string where_;
  std::vector<std::int64_t> values_;
};

}  // namespace

void SqliteReader::find_keys(std::span<const Key> keys, std::span<std::int64_t> found) {
  keys_.find(db_, keys, found);
}

std::vector<VersionMark> SqliteReader::versions(ObservationId id) {
  SqliteQuery query = db_.query(
      "select version, digest, vendor_version from observation_version where id = ?1 "
      "union all select version, digest, vendor_version from observation where id = ?1 order by version");
  query.bind(id);
  return read_all(query, [](const SqliteQuery& row) {
    return VersionMark{row.number<std::uint32_t>(0), row.number<Digest>(1), row.text(2)};
  });
}

std::optional<Observation> SqliteReader::observation(ObservationId id, std::optional<std::uint32_t> version) {
  SqliteSnapshot snapshot(db_);
  {
    SqliteQuery query = db_.query("select " HJEMPORT_OBSERVATION_COLUMNS " from observation where id = ?1");
    std::optional<Observation> current = read_one(query.bind(id), read_observation);
    if (!current || !version || current->version == *version) return current;
  }
  SqliteQuery query =
      db_.query("select " HJEMPORT_OBSERVATION_COLUMNS " from observation_version where id = ?1 and version = ?2");
  return read_one(query.bind(id, *version), read_observation);
}

std::optional<Event> SqliteReader::event(EventId id) {
  SqliteQuery query = db_.query("select " HJEMPORT_EVENT_COLUMNS " from event where id = ?1");
  return read_one(query.bind(id), read_event);
}

std::vector<Event> SqliteReader::events_without_patient(Source source, std::string_view subject) {
  SqliteQuery query = db_.query("select " HJEMPORT_EVENT_COLUMNS
                                " from event where source = ?1 and subject = ?2 and patient = 0 and (kind = 5 or "
                                "exists(select 1 from alarm where alarm.id = event.alarm and open = 1)) order by id");
  return read_all(query.bind(source, subject), read_event);
}

// 5 is the kind medication-dispensed, as in the index: a parameter there would keep SQLite from using it.
static_assert(static_cast<int>(fhir::EventKind::medication_dispensed) == 5);

std::vector<Event> SqliteReader::dispenses(Tenant tenant, std::optional<PatientId> patient, std::optional<EventId> after,
                                           std::size_t limit) {
  const EventId from = after.value_or(EventId{});
  if (patient) {
    SqliteQuery query = db_.query("select " HJEMPORT_EVENT_COLUMNS
                                  " from event where kind = 5 and patient = ?1 and tenant = ?2 and id > ?3 order by id limit ?4");
    return read_all(query.bind(*patient, tenant, from, limit), read_event);
  }
  SqliteQuery query = db_.query("select " HJEMPORT_EVENT_COLUMNS
                                " from event where kind = 5 and tenant = ?1 and patient <> 0 and id > ?2 order by id limit ?3");
  return read_all(query.bind(tenant, from, limit), read_event);
}

std::optional<Patient> SqliteReader::patient(PatientId id) {
  SqliteQuery query = db_.query("select " HJEMPORT_PATIENT_COLUMNS " from patient where id = ?1");
  return read_one(query.bind(id), read_patient);
}

std::optional<Patient> SqliteReader::patient_by_identifier(Tenant tenant, std::string_view system,
                                                           std::string_view value) {
  SqliteQuery query =
      db_.query("select " HJEMPORT_PATIENT_COLUMNS " from patient where tenant = ?1 and system = ?2 and value = ?3");
  return read_one(query.bind(tenant, system, value), read_patient);
}

std::vector<Patient> SqliteReader::patients(Tenant tenant, std::optional<PatientId> after, std::size_t limit) {
  SqliteQuery query =
      db_.query("select " HJEMPORT_PATIENT_COLUMNS " from patient where tenant = ?1 and id > ?2 order by id limit ?3");
  return read_all(query.bind(tenant, number_or_zero(after), limit), read_patient);
}

std::optional<Device> SqliteReader::device(DeviceId id) {
  SqliteQuery query = db_.query("select " HJEMPORT_DEVICE_COLUMNS " from device where id = ?1");
  return read_one(query.bind(id), read_device);
}

std::vector<Device> SqliteReader::devices(Tenant tenant, std::optional<DeviceId> after, std::size_t limit) {
  SqliteQuery query =
      db_.query("select " HJEMPORT_DEVICE_COLUMNS " from device where tenant = ?1 and id > ?2 order by id limit ?3");
  return read_all(query.bind(tenant, number_or_zero(after), limit), read_device);
}

std::vector<Link> SqliteReader::links(Source source, std::string_view subject) {
  SqliteQuery query = db_.query("select " HJEMPORT_LINK_COLUMNS
                                " from link where source = ?1 and subject = ?2 order by valid_from, id");
  return read_all(query.bind(source, subject), read_link);
}

std::vector<Link> SqliteReader::links_of_tenant(Tenant tenant, std::optional<LinkId> after, std::size_t limit) {
  SqliteQuery query =
      db_.query("select " HJEMPORT_LINK_COLUMNS " from link where tenant = ?1 and id > ?2 order by id limit ?3");
  return read_all(query.bind(tenant, number_or_zero(after), limit), read_link);
}

std::optional<Plan> SqliteReader::plan(PatientId patient, std::optional<std::uint32_t> version) {
  SqliteQuery query = db_.query("select " HJEMPORT_PLAN_COLUMNS
                                " from plan where patient = ?1 and (?2 is null or version = ?2) "
                                "order by version desc limit 1");
  return read_one(query.bind(patient, version), read_plan);
}

std::vector<Expected> SqliteReader::expected(PatientId patient) {
  SqliteQuery query = db_.query("select " HJEMPORT_EXPECTED_COLUMNS " from expected where patient = ?1 order by rule");
  query.bind(patient);
  return read_all(query, read_expected);
}

std::vector<Expected> SqliteReader::expected_due(Time until, std::size_t limit) {
  SqliteQuery query = db_.query("select " HJEMPORT_EXPECTED_COLUMNS " from expected where due < ?1 order by due, patient, rule limit ?2");
  query.bind(until, limit);
  return read_all(query, read_expected);
}

std::optional<Suppression> SqliteReader::suppression(SuppressionId id) {
  SqliteQuery query = db_.query("select " HJEMPORT_SUPPRESSION_COLUMNS " from suppression where id = ?1");
  return read_one(query.bind(id), read_suppression);
}

std::vector<Suppression> SqliteReader::suppressions(const SuppressionFilter& filter) {
  Conditions where;
  where.equal("tenant", filter.tenant);
  if (filter.patient) where.equal("patient", filter.patient->value);
  if (filter.open) where.add(*filter.open ? "open = 1" : "open = 0");
  where.above("id", number_or_zero(filter.after));
  SqliteConnection::Once statement =
      db_.once("select " HJEMPORT_SUPPRESSION_COLUMNS " from suppression" + where.text() + " order by id limit ?");
  where.bind(statement.query);
  return read_all(statement.query.bind(filter.limit), read_suppression);
}

std::vector<Suppression> SqliteReader::open_suppressions(PatientId patient) {
  SqliteQuery query =
      db_.query("select " HJEMPORT_SUPPRESSION_COLUMNS " from suppression where patient = ?1 and open = 1 order by id");
  return read_all(query.bind(patient), read_suppression);
}

std::vector<Suppression> SqliteReader::suppressions_due(Time until, std::size_t limit) {
  SqliteQuery query =
      db_.query("select " HJEMPORT_SUPPRESSION_COLUMNS " from suppression where due <= ?1 order by due, id limit ?2");
  query.bind(until, limit);
  return read_all(query, read_suppression);
}

std::optional<CarePlan> SqliteReader::care_plan(PatientId patient, std::optional<std::uint32_t> version) {
  SqliteQuery query = db_.query("select " HJEMPORT_CARE_PLAN_COLUMNS
                                " from care_plan where patient = ?1 and (?2 is null or version = ?2) "
                                "order by version desc limit 1");
  return read_one(query.bind(patient, version), read_care_plan);
}

std::optional<Responsibility> SqliteReader::responsibility(PatientId patient) {
  SqliteQuery query = db_.query("select " HJEMPORT_RESPONSIBILITY_COLUMNS
                                " from responsibility where patient = ?1 order by version desc limit 1");
  return read_one(query.bind(patient), read_responsibility);
}

std::optional<Alarm> SqliteReader::alarm(AlarmId id) {
  SqliteQuery query = db_.query("select " HJEMPORT_ALARM_COLUMNS " from alarm where id = ?1");
  return read_one(query.bind(id), read_alarm);
}

std::vector<Alarm> SqliteReader::open_alarms(PatientId patient) {
  SqliteQuery query =
      db_.query("select " HJEMPORT_ALARM_COLUMNS " from alarm where patient = ?1 and open = 1 order by id");
  return read_all(query.bind(patient), read_alarm);
}

std::optional<Alarm> SqliteReader::open_alarm(Tenant tenant, std::string_view identity) {
  SqliteQuery query =
      db_.query("select " HJEMPORT_ALARM_COLUMNS " from alarm where tenant = ?1 and identity = ?2 and open = 1");
  return read_one(query.bind(tenant, identity), read_alarm);
}

std::vector<Alarm> SqliteReader::alarms(const AlarmFilter& filter) {
  Conditions where;
  where.equal("tenant", filter.tenant);
  // Spelled out: a partial index is used only for a condition known when the statement is prepared.
  if (filter.open) where.add(*filter.open ? "open = 1" : "open = 0");
  if (!filter.patients.empty()) where.among("patient", filter.patients);
  where.above("id", number_or_zero(filter.after));
  SqliteConnection::Once statement =
      db_.once("select " HJEMPORT_ALARM_COLUMNS " from alarm" + where.text() + " order by id limit ?");
  where.bind(statement.query);
  return read_all(statement.query.bind(filter.limit), read_alarm);
}

std::int64_t SqliteReader::open_alarm_count(Tenant tenant) {
  SqliteQuery query = db_.query("select count(*) from alarm where tenant = ?1 and open = 1");
  query.bind(tenant);
  return single_number(std::move(query));
}

std::vector<Alarm> SqliteReader::due_alarms(Time until, std::size_t limit) {
  SqliteQuery query = db_.query("select " HJEMPORT_ALARM_COLUMNS " from alarm where due is not null and due <= ?1 order by due limit ?2");
  return read_all(query.bind(until, limit), read_alarm);
}

std::vector<Call> SqliteReader::calls(std::size_t limit) {
  SqliteQuery query = db_.query("select " HJEMPORT_CALL_COLUMNS " from call order by next_at limit ?1");
  return read_all(query.bind(limit), read_call);
}

std::optional<Changes::Reply> SqliteReader::reply(std::string_view key) {
  SqliteQuery query = db_.query("select status, body, at from reply where key = ?1");
  return read_one(query.bind(key), [&](const SqliteQuery& row) {
    return Changes::Reply{std::string(key), row.number<int>(0), row.text(1), row.time(2)};
  });
}

std::optional<Quarantined> SqliteReader::quarantined(QuarantineId id) {
  SqliteQuery query = db_.query("select " HJEMPORT_QUARANTINE_COLUMNS " from quarantine where id = ?1");
  return read_one(query.bind(id), read_quarantined);
}

std::optional<Quarantined> SqliteReader::waiting_by_key(const Key& key) {
  SqliteQuery query = db_.query("select " HJEMPORT_QUARANTINE_COLUMNS
                                " from quarantine where key = ?1 and state = 0 order by id limit 1");
  return read_one(query.bind(key), read_quarantined);
}

// A walk over the whole table by id, or over what one device or model measured: recalls are rare, and read off the hot path.
std::vector<Observation> SqliteReader::recalled_by(const RecallFilter& filter, std::optional<ObservationId> after, std::size_t limit) {
  Conditions where;
  where.equal("tenant", filter.tenant);
  where.above("id", number_or_zero(after));
  if (filter.source) where.equal("source", *filter.source);
  if (filter.from) where.at_least("measured", filter.from->time_since_epoch().count());
  if (filter.to) where.above("-measured", -filter.to->time_since_epoch().count());
  if (filter.recalled_since) {
    where.add(("(status <> 2 or (flags & " + std::to_string(flag_recalled) + ") <> 0)").c_str());
    where.at_least("case when status <> 2 then 9223372036854775807 else updated end", filter.recalled_since->time_since_epoch().count());
  } else {
    where.add("status <> 2");
  }
  const bool devices = filter.device || filter.model;
  if (devices) {
    std::string of = "device in (select id from device where tenant = ?";
    if (filter.device) of += " and identifier = ?";
    if (filter.model) of += " and model = ?";
    where.add((of + ")").c_str());
  }
  SqliteConnection::Once statement =
      db_.once("select " HJEMPORT_OBSERVATION_COLUMNS " from observation" + where.text() + " order by id limit ?");
  where.bind(statement.query);
  if (devices) statement.query.bind(filter.tenant);
  if (filter.device) statement.query.bind(*filter.device);
  if (filter.model) statement.query.bind(*filter.model);
  return read_all(statement.query.bind(limit), read_observation);
}

std::vector<Quarantined> SqliteReader::quarantine(const QuarantineFilter& filter) {
  Conditions where;
  if (filter.tenant) where.equal("tenant", *filter.tenant);
  if (filter.source) where.equal("source", *filter.source);
  if (filter.state) where.add(("state = " + std::to_string(static_cast<int>(*filter.state))).c_str());
  if (filter.reason) where.equal("reason", *filter.reason);
  if (filter.kind) where.equal("kind", *filter.kind);
  where.above("id", number_or_zero(filter.after));
  if (filter.subject) where.add("subject = ?");
  SqliteConnection::Once statement =
      db_.once("select " HJEMPORT_QUARANTINE_COLUMNS " from quarantine" + where.text() + " order by id limit ?");
  where.bind(statement.query);
  if (filter.subject) statement.query.bind(*filter.subject);
  return read_all(statement.query.bind(filter.limit), read_quarantined);
}

std::int64_t SqliteReader::waiting_count(Source source) {
  SqliteQuery query = db_.query("select count(*) from quarantine where source = ?1 and state = 0");
  query.bind(source);
  return single_number(std::move(query));
}

std::vector<Reader::WaitingPayload> SqliteReader::waiting_payloads(Source source) {
  // length() of a column reads the row's head, not the bytes.
  SqliteQuery query = db_.query(
      "select payload.digest, count(*), length(payload.bytes) from quarantine join payload on payload.digest = quarantine.payload "
      "where quarantine.source = ?1 and quarantine.state = 0 group by payload.digest");
  return read_all(query.bind(source), [](const SqliteQuery& row) {
    return WaitingPayload{row.key(0), row.number<std::int64_t>(1), row.number<std::int64_t>(2)};
  });
}

std::optional<Payload> SqliteReader::payload(const Key& digest) {
  SqliteQuery query = db_.query("select source, received, content_type, bytes from payload where digest = ?1");
  return read_one(query.bind(digest), [&](const SqliteQuery& row) {
    return Payload{digest, row.number<Source>(0), row.time(1), row.text(2), row.text(3)};
  });
}

Position SqliteReader::newest() {
  return single_number(db_.query("select max(position) from journal"));
}

Position SqliteReader::oldest() {
  return std::max<Position>(1, single_number(db_.query("select min(position) from journal")));
}

std::vector<JournalEntry> SqliteReader::journal(Position after, std::size_t limit, std::uint32_t kinds,
                                                std::optional<Tenant> tenant) {
  constexpr std::uint32_t readings = 1u << static_cast<unsigned>(Entry::observation);
  // Without readings the partial index passes over them; its condition has to be spelled as in the schema.
  SqliteQuery query = db_.query(kinds != 0 && (kinds & readings) == 0
                                    ? "select " HJEMPORT_JOURNAL_COLUMNS
                                      " from journal indexed by journal_not_observation where kind <> 1 and "
                                      "position > ?1 and (?2 = 0 or ((1 << kind) & ?2) <> 0) and (?3 is null or tenant "
                                      "= ?3) order by position limit ?4"
                                    : "select " HJEMPORT_JOURNAL_COLUMNS
                                      " from journal where position > ?1 and (?2 = 0 or ((1 << kind) & ?2) <> 0) "
                                      "and (?3 is null or tenant = ?3) order by position limit ?4");
  return read_all(query.bind(after, kinds, tenant, limit), read_journal_entry);
}

std::optional<Position> SqliteReader::cursor(std::string_view destination) {
  SqliteQuery query = db_.query("select position from destination_cursor where destination = ?1");
  return read_one(query.bind(destination), [](const SqliteQuery& row) { return Position{row.integer(0)}; });
}

std::vector<Delivery> SqliteReader::deliveries(std::string_view destination, std::optional<DeliveryState> state,
                                               std::size_t limit) {
  SqliteQuery query = db_.query("select " HJEMPORT_DELIVERY_COLUMNS
                                " from delivery where destination = ?1 and (?2 is null or state = ?2) "
                                "order by position, id limit ?3");
  return read_all(query.bind(destination, state, limit), read_delivery);
}

std::optional<Delivery> SqliteReader::delivery(DeliveryId id) {
  SqliteQuery query = db_.query("select " HJEMPORT_DELIVERY_COLUMNS " from delivery where id = ?1");
  return read_one(query.bind(id), read_delivery);
}

std::optional<PullUser> SqliteReader::pull_user(Source source, std::string_view user) {
  SqliteQuery query =
      db_.query("select " HJEMPORT_PULL_USER_COLUMNS " from pull_user where source = ?1 and user = ?2");
  return read_one(query.bind(source, user), read_pull_user);
}

std::vector<PullUser> SqliteReader::pull_users(Source source) {
  SqliteQuery query =
      db_.query("select " HJEMPORT_PULL_USER_COLUMNS " from pull_user where source = ?1 order by user");
  return read_all(query.bind(source), read_pull_user);
}

std::vector<SourceSeen> SqliteReader::sources_seen() {
  SqliteQuery query = db_.query("select " HJEMPORT_SOURCE_SEEN_COLUMNS " from source_seen order by source");
  return read_all(query, read_source_seen);
}

std::vector<DeviceSeen> SqliteReader::devices_seen(Source source) {
  SqliteQuery query = db_.query("select " HJEMPORT_DEVICE_SEEN_COLUMNS " from device_seen where source = ?1 order by device");
  return read_all(query.bind(source), read_device_seen);
}

std::vector<Audit> SqliteReader::audits(Tenant tenant, std::optional<PatientId> patient, std::size_t limit) {
  auto read = [](const SqliteQuery& row) {
    return Audit{row.time(0), row.number<Tenant>(1), row.text(2), row.text(3), row.number<PatientId>(4), row.text(5),
                 row.text(6)};
  };
  if (patient) {
    SqliteQuery query = db_.query(
        "select at, tenant, client, action, patient, purpose, outcome from audit "
        "where patient = ?1 and patient <> 0 and tenant = ?2 order by id desc limit ?3");
    return read_all(query.bind(*patient, tenant, limit), read);
  }
  SqliteQuery query = db_.query(
      "select at, tenant, client, action, patient, purpose, outcome from audit where tenant = ?1 order by id desc "
      "limit ?2");
  return read_all(query.bind(tenant, limit), read);
}

std::int64_t SqliteReader::highest_id() {
  return single_number(db_.query("select value from counter where name = 'highest_id'"));
}

}  // namespace gateway::store
