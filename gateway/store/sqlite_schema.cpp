#include "gateway/store/sqlite_schema.hpp"

namespace gateway::store {
namespace {

constexpr std::int64_t application_id = 0x484a5054;  // "HJPT": marks the file as ours (PRAGMA application_id)

// Times are microseconds since 1970 UTC. 0 in a patient, alarm or device column means none. Enumerations are stored as
// their numbers. Long columns come last so that the head of a row is read without its overflow.
constexpr const char* initial = R"sql(
create table tenant(id integer primary key, name text not null unique);
create table source(id integer primary key, tenant integer not null, name text not null, unique(tenant, name));
create table counter(name text primary key, value integer not null) without rowid;

-- Ids are time-ordered, so rows are appended. `position` is the newest journal position of the commit that wrote the version:
-- a search with a horizon shows what stood at that position.
create table observation(
  id integer primary key, version integer not null, tenant integer not null, patient integer not null, source integer not null,
  kind integer not null, measured integer not null, updated integer not null, position integer not null, status integer not null,
  flags integer not null, key blob not null, digest integer not null, device integer not null, value integer, scale integer,
  comparator integer not null, vendor_version text not null, subject text not null, components text not null,
  judgement text not null, resource text not null);
create index observation_updated on observation(tenant, updated);

-- Versions that were replaced, `until` the position of the version that replaced them.
create table observation_version(
  id integer not null, version integer not null, tenant integer not null, patient integer not null, source integer not null,
  kind integer not null, measured integer not null, updated integer not null, position integer not null, status integer not null,
  flags integer not null, key blob not null, digest integer not null, device integer not null, value integer, scale integer,
  comparator integer not null, vendor_version text not null, subject text not null, components text not null,
  judgement text not null, resource text not null, until integer not null);
create unique index observation_version_id on observation_version(id, version);
create index observation_version_until on observation_version(until);

-- One series per patient and kind, and per tenant (owner = -tenant) and kind. Filled by merges of the tail: rows above counter
-- 'merged' may be missing here, and their keys in the runs.
create table series(owner integer not null, kind integer not null, measured integer not null, id integer not null,
  primary key(owner, kind, measured, id)) without rowid;

-- Sorted runs of keys (sqlite_keys.hpp). id: the run's number in the high 32 bits, the place in it in the low ones.
create table key_run(
  id integer primary key, state integer not null, newest integer not null, level integer not null, keys integer not null,
  chunks integer not null);
create table key_chunk(id integer primary key, pairs blob not null);
create table key_filter(id integer primary key, bits blob not null);

create table event(
  id integer primary key, tenant integer not null, patient integer not null, source integer not null, kind integer not null,
  measured integer not null, received integer not null, key blob not null, alarm integer not null, subject text not null,
  content text not null);
create index event_without_patient on event(source, subject) where patient = 0;

create table patient(
  id integer primary key, tenant integer not null, system text not null, value text not null, created integer not null,
  unique(tenant, system, value));
create index patient_tenant on patient(tenant);
create table device(
  id integer primary key, tenant integer not null, source integer not null, identifier text not null, model text not null,
  first_seen integer not null);
create index device_tenant on device(tenant);
create table link(
  id integer primary key, version integer not null, tenant integer not null, source integer not null, subject text not null,
  patient integer not null, valid_from integer not null, valid_to integer, who text not null);
create index link_subject on link(source, subject);
create index link_tenant on link(tenant);
create table plan(
  patient integer not null, version integer not null, at integer not null, who text not null, programmes text not null,
  limits text not null, primary key(patient, version)) without rowid;

create table alarm(
  id integer primary key, version integer not null, tenant integer not null, patient integer not null, identity text not null,
  open integer not null, severity integer not null, raised integer not null, document text not null);
create unique index alarm_open on alarm(tenant, identity) where open = 1;
create index alarm_open_patient on alarm(patient) where open = 1;
create index alarm_open_tenant on alarm(tenant) where open = 1;
create index alarm_patient on alarm(patient);
create index alarm_tenant on alarm(tenant);
create table reply(key text primary key, status integer not null, at integer not null, body text not null) without rowid;

create table quarantine(
  id integer primary key, tenant integer not null, source integer not null, reason integer not null, state integer not null,
  received integer not null, measured integer, key blob not null, subject text not null, kind integer not null,
  item integer not null, payload blob not null, note text not null, decided_by text not null, outcome text not null);
create index quarantine_waiting_key on quarantine(key) where state = 0;
create index quarantine_waiting_source on quarantine(source, subject) where state = 0;
create index quarantine_source on quarantine(source);
create index quarantine_tenant on quarantine(tenant);
create table payload(
  digest blob primary key, source integer not null, received integer not null, content_type text not null, bytes blob not null);

create table journal(
  position integer primary key, at integer not null, kind integer not null, tenant integer not null, patient integer not null,
  ref integer not null, version integer not null, change text not null, data text not null);
-- Whoever follows alarms only must not walk over millions of readings.
create index journal_not_observation on journal(position) where kind <> 1;

create table delivery(
  id integer primary key, destination text not null, position integer not null, tenant integer not null, patient integer not null,
  state integer not null, attempts integer not null, next_at integer not null, reason text not null);
create index delivery_destination on delivery(destination, position);
create table destination_cursor(destination text primary key, position integer not null) without rowid;

create table audit(
  id integer primary key, at integer not null, tenant integer not null, patient integer not null, client text not null,
  action text not null, purpose text not null, outcome text not null);
create index audit_tenant on audit(tenant);
create index audit_patient on audit(patient) where patient <> 0;
)sql";

// Tokens are sealed by gateway/pull before they come here.
constexpr const char* pulled_users = R"sql(
create table pull_user(
  source integer not null, user text not null, tenant integer not null, version integer not null, state integer not null,
  token blob not null, asked integer, mark integer, pulled integer, vendor_user text not null, reason text not null,
  connected integer not null, who text not null, primary key(source, user)) without rowid;
)sql";

// Dispensed doses (event kind 5) are served as MedicationDispense, by patient or all of a tenant.
constexpr const char* dispenses = R"sql(
create index event_dispensed on event(patient, id) where kind = 5;
create index event_dispensed_tenant on event(tenant, id) where kind = 5;
)sql";

constexpr const char* planned_rules = R"sql(
alter table plan add column rules text not null default '[]';
)sql";

// What the timers ask for: alarms with something to happen at a time, calls an escalation owes; and who answers for a patient.
constexpr const char* alarm_times = R"sql(
alter table alarm add column due integer;
create index alarm_due on alarm(due) where due is not null;
create table call(
  alarm integer not null, version integer not null, tenant integer not null, level integer not null, attempts integer not null,
  next_at integer not null, primary key(alarm, version)) without rowid;
create table responsibility(
  patient integer not null, version integer not null, at integer not null, who text not null, periods text not null,
  primary key(patient, version)) without rowid;
)sql";

// When sources and devices were last heard, and what supervision found.
constexpr const char* last_seen = R"sql(
create table source_seen(
  source integer primary key, tenant integer not null, name text not null, watched integer not null, accepted integer,
  heartbeat integer, state integer not null, no_heartbeat integer not null);
create table device_seen(
  device integer primary key, source integer not null, tenant integer not null, patient integer not null, seen integer not null,
  silent integer not null, subject text not null, identifier text not null);
create index device_seen_source on device_seen(source);
)sql";

constexpr const char* planned_person = R"sql(
alter table plan add column person text not null default '{}';
)sql";

// Readings that are expected, and how far that is decided.
constexpr const char* expected_readings = R"sql(
create table expected(
  patient integer not null, rule text not null, tenant integer not null, says text not null, began integer not null,
  begins integer not null, deadline integer not null, due integer, newest integer, missed_begin integer not null,
  missed_deadline integer not null, misses integer not null, primary key(patient, rule)) without rowid;
create index expected_due on expected(due) where due is not null;
)sql";

// Alarms kept quiet for a while, and what patients are told to do themselves.
constexpr const char* suppressions = R"sql(
create table suppression(
  id integer primary key, version integer not null, tenant integer not null, patient integer not null, open integer not null,
  due integer, document text not null);
create index suppression_due on suppression(due) where due is not null;
create index suppression_patient on suppression(patient) where open = 1;
create index suppression_open on suppression(tenant) where open = 1;
create table care_plan(
  patient integer not null, version integer not null, tenant integer not null, at integer not null, who text not null,
  resource text not null, primary key(patient, version)) without rowid;
)sql";

constexpr const char* migrations_in_order[] = {initial, pulled_users, dispenses, planned_rules, alarm_times, last_seen, planned_person, expected_readings, suppressions};

std::int64_t pragma(SqliteConnection& db, const char* sql) {
  SqliteConnection::Once statement = db.once(sql);
  return statement.query.step() ? statement.query.integer(0) : 0;
}

}  // namespace

std::span<const char* const> sqlite_migrations() {
  return migrations_in_order;
}

void migrate(SqliteConnection& db, std::span<const char* const> migrations) {
  std::int64_t owner = pragma(db, "pragma application_id");
  std::int64_t applied = pragma(db, "pragma user_version");
  if (owner != application_id &&
      (owner != 0 || applied != 0 || pragma(db, "select count(*) from sqlite_master") != 0)) {
    throw StoreError(StoreError::Cause::damaged, "store: the file is a database of another program");
  }
  auto known = static_cast<std::int64_t>(migrations.size());
  if (applied > known) {
    throw StoreError(StoreError::Cause::newer_schema,
                     "store: the file has schema " + std::to_string(applied) + ", this program knows up to " +
                         std::to_string(known) + "; start the newer program, or restore a backup made before it");
  }
  for (; applied < known; ++applied) {
    SqliteTransaction transaction(db);
    db.execute(migrations[static_cast<std::size_t>(applied)]);
    db.execute("pragma application_id=" + std::to_string(application_id) +
               "; pragma user_version=" + std::to_string(applied + 1));
    transaction.commit();
  }
}

}  // namespace gateway::store
