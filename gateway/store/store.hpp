// The store: reads, and one atomic durable write. Everything a group of jobs decided goes into one Changes value and one
// commit(); there is no other way to write. Backends: SQLite (sqlite_store), later PostgreSQL; tests/gateway/store holds the suite
// every backend passes.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/result.hpp"
#include "fhir/search.hpp"
#include "gateway/store/rows.hpp"

namespace gateway::store {

using fhir::Result;

// One group's writes. Rows named "new_" are inserted; an `observations` row with version > 1 replaces the current one, which moves
// to the history; the other vectors replace by id.
struct Changes {
  std::vector<Observation> observations;
  std::vector<Event> events;         // insert, or replace by id (patient found later)
  std::vector<Patient> patients;     // insert
  std::vector<Device> devices;       // insert; a known id is left alone
  std::vector<Link> links;           // insert or replace by id
  std::vector<Plan> plans;           // insert
  std::vector<Responsibility> responsibilities;  // insert
  std::vector<Suppression> suppressions;  // insert or replace by id
  std::vector<CarePlan> care_plans;  // insert
  std::vector<Expected> expected;    // insert or replace by patient and rule
  struct ExpectedName {
    PatientId patient;
    std::string rule;
  };
  std::vector<ExpectedName> dropped_expected;  // before `expected`
  std::vector<Alarm> alarms;         // insert or replace by id
  std::vector<Call> calls;           // insert or replace by alarm and version
  struct CallName {
    AlarmId alarm;
    std::uint32_t version = 0;
  };
  std::vector<CallName> dropped_calls;   // after `calls`
  std::vector<Quarantined> quarantined;  // insert or replace by id
  std::vector<Payload> payloads;     // insert; a known digest is left alone
  std::vector<Key> dropped_payloads; // no item needs it any more
  std::vector<Audit> audits;
  std::vector<Delivery> deliveries;  // insert or replace by id
  std::vector<DeliveryId> dropped_deliveries;
  struct Cursor {
    std::string destination;
    Position position = 0;
  };
  std::vector<Cursor> cursors;
  std::vector<PullUser> pull_users;  // insert or replace by source and user
  struct PullUserName {
    Source source{};
    std::string user;
  };
  std::vector<PullUserName> dropped_pull_users;  // after `pull_users`
  std::vector<SourceSeen> sources_seen;    // insert or replace by source
  std::vector<DeviceSeen> devices_seen;    // insert or replace by device
  std::vector<DeviceId> dropped_devices_seen;  // after `devices_seen`
  struct Reply {                     // Idempotency-Key of an alarm action -> first answer
    std::string key;                 // client and key
    int status = 0;
    std::string body;
    Time at{};
  };
  std::vector<Reply> replies;
  std::vector<JournalEntry> journal;  // positions are given in this order
  std::int64_t highest_id = 0;        // IdSource's last, kept so that ids never repeat

  std::size_t rows() const;  // of all lists
  bool empty() const { return rows() == 0; }
  void clear();  // keeps capacity
};

// urgent may use the reserve that is kept for the day the disk is full (invariant 4).
enum class Lane : std::uint8_t { urgent, bulk };

struct ObservationFilter {
  Tenant tenant{};
  std::vector<PatientId> patients;   // empty: all of the tenant
  std::vector<fhir::Kind> kinds;     // empty: all
  std::vector<ObservationId> ids;    // empty: all
  std::vector<Key> keys;             // identifier=; empty: all
  std::vector<fhir::DateCondition> measured, updated;  // ANDed
  fhir::Sort sort;
  // Stable paging: nothing newer than the first page's horizon, strictly after the last row of the previous page.
  std::optional<Position> horizon;
  struct After {
    Time at{};               // the sort key's value of that row
    ObservationId id;
  };
  std::optional<After> after;
  std::size_t limit = 50;
};

struct ObservationPage {
  std::vector<Observation> rows;  // `resource`, ids, times and kind are filled; judgement and components are not
  bool more = false;
  Position horizon = 0;           // pass it back for the next page
};

struct AlarmFilter {
  Tenant tenant{};
  std::optional<bool> open;
  std::vector<PatientId> patients;
  std::optional<AlarmId> after;   // ids ascending
  std::size_t limit = 100;
};

struct SuppressionFilter {
  Tenant tenant{};
  std::optional<PatientId> patient;
  std::optional<bool> open;
  std::optional<SuppressionId> after;  // ids ascending
  std::size_t limit = 100;
};

// Stored readings by what measured them and when; every condition that is set has to hold.
struct RecallFilter {
  Tenant tenant{};
  std::optional<Source> source;
  std::optional<std::string> device, model;  // the vendor's device id; the model as it was first given
  std::optional<Time> from, to;              // measured in [from, to)
  std::optional<Time> recalled_since;        // and those already recalled at or after this: a recall that was interrupted goes on
};

struct QuarantineFilter {
  std::optional<Tenant> tenant;
  std::optional<Source> source;
  std::optional<QuarantineState> state;
  std::optional<std::uint8_t> reason;
  std::optional<std::string> subject;
  std::optional<fhir::Kind> kind;
  std::optional<QuarantineId> after;
  std::size_t limit = 100;
};

// What is known of one stored reading's versions, for the duplicate decision.
struct VersionMark {
  std::uint32_t version = 0;
  Digest digest = 0;
  std::string vendor_version;
};

// Reads. One object serves one thread at a time; each call sees everything committed before it began. Throws StoreError
// (store_error.hpp) when the backend is gone; "not there" is an empty optional.
class Reader {
 public:
  virtual ~Reader() = default;

  // -- keys and versions
  // found[i] is the id of the observation or event stored under keys[i], 0 when there is none.
  virtual void find_keys(std::span<const Key> keys, std::span<std::int64_t> found) = 0;
  virtual std::vector<VersionMark> versions(ObservationId) = 0;  // oldest first, current last
  virtual std::optional<Observation> observation(ObservationId, std::optional<std::uint32_t> version = {}) = 0;
  virtual std::optional<Event> event(EventId) = 0;

  // -- observations
  virtual ObservationPage search(const ObservationFilter&) = 0;
  virtual std::int64_t count(const ObservationFilter&) = 0;  // ignores after and limit
  // Among those not entered-in-error and not without value.
  virtual std::optional<Time> latest_measured(PatientId, fhir::Kind) = 0;
  // Current observations of a patient that a source's subject placed, measured in [from, to), oldest first, full rows: what a
  // corrected link has to move. `after` continues a page.
  virtual std::vector<Observation> placed(PatientId, Source, std::string_view subject, Time from, std::optional<Time> to,
                                          std::optional<ObservationId> after, std::size_t limit) = 0;
  // Current observations that a recall reaches, not entered in error (but for recalled_since), by id, full rows. `after` continues a page.
  virtual std::vector<Observation> recalled_by(const RecallFilter&, std::optional<ObservationId> after, std::size_t limit) = 0;
  // The one that latest_measured() is the time of, full row.
  virtual std::optional<Observation> latest(PatientId, fhir::Kind) = 0;
  // What a patient's readings of a kind were, for judging the next: current ones with a value, not entered in error, measured up to `to`,
  // newest measured first and of equal times the last id first; all from `from` on, before it as many as `fewest` asks for, and never
  // more than `most`. Full rows but for the judgement.
  struct HistoryFilter {
    PatientId patient;
    fhir::Kind kind{};
    Time from = Time::min(), to = Time::max();
    std::size_t fewest = 0, most = 1000;
  };
  virtual std::vector<Observation> history(const HistoryFilter&) = 0;
  // Events of a subject without patient that a link appearing later has to find: those whose alarm is still open, and
  // dispensed doses.
  virtual std::vector<Event> events_without_patient(Source, std::string_view subject) = 0;
  // Dispensed doses of known patients, of one of them or of the whole tenant, ids ascending.
  virtual std::vector<Event> dispenses(Tenant, std::optional<PatientId>, std::optional<EventId> after, std::size_t limit) = 0;

  // -- people, devices, links
  virtual std::optional<Patient> patient(PatientId) = 0;
  virtual std::optional<Patient> patient_by_identifier(Tenant, std::string_view system, std::string_view value) = 0;
  virtual std::vector<Patient> patients(Tenant, std::optional<PatientId> after, std::size_t limit) = 0;
  virtual std::optional<Device> device(DeviceId) = 0;
  virtual std::vector<Device> devices(Tenant, std::optional<DeviceId> after, std::size_t limit) = 0;
  virtual std::vector<Link> links(Source, std::string_view subject) = 0;
  virtual std::vector<Link> links_of_tenant(Tenant, std::optional<LinkId> after, std::size_t limit) = 0;
  virtual std::optional<Plan> plan(PatientId, std::optional<std::uint32_t> version = {}) = 0;
  virtual std::optional<Responsibility> responsibility(PatientId) = 0;  // the newest version

  virtual std::optional<Suppression> suppression(SuppressionId) = 0;
  virtual std::vector<Suppression> suppressions(const SuppressionFilter&) = 0;
  virtual std::vector<Suppression> open_suppressions(PatientId) = 0;
  // Of all tenants, due at `until` or before, soonest first.
  virtual std::vector<Suppression> suppressions_due(Time until, std::size_t limit) = 0;
  virtual std::optional<CarePlan> care_plan(PatientId, std::optional<std::uint32_t> version = {}) = 0;

  virtual std::vector<Expected> expected(PatientId) = 0;                         // by rule
  virtual std::vector<Expected> expected_due(Time until, std::size_t limit) = 0;  // of all tenants, due before `until`, soonest first

  // -- alarms
  virtual std::optional<Alarm> alarm(AlarmId) = 0;
  virtual std::vector<Alarm> open_alarms(PatientId) = 0;
  virtual std::optional<Alarm> open_alarm(Tenant, std::string_view identity) = 0;
  virtual std::vector<Alarm> alarms(const AlarmFilter&) = 0;
  virtual std::int64_t open_alarm_count(Tenant) = 0;
  virtual std::vector<Alarm> due_alarms(Time until, std::size_t limit) = 0;  // of all tenants, due at `until` or before, soonest first
  virtual std::vector<Call> calls(std::size_t limit) = 0;  // of all tenants, soonest first
  virtual std::optional<Changes::Reply> reply(std::string_view key) = 0;

  // -- quarantine
  virtual std::optional<Quarantined> quarantined(QuarantineId) = 0;
  virtual std::optional<Quarantined> waiting_by_key(const Key&) = 0;
  virtual std::vector<Quarantined> quarantine(const QuarantineFilter&) = 0;
  virtual std::int64_t waiting_count(Source) = 0;
  // What a source's waiting items keep: each payload once, with how many of them it holds.
  struct WaitingPayload {
    Key digest{};
    std::int64_t items = 0, bytes = 0;
  };
  virtual std::vector<WaitingPayload> waiting_payloads(Source) = 0;
  virtual std::optional<Payload> payload(const Key& digest) = 0;

  // -- journal and deliveries
  virtual Position newest() = 0;
  virtual Position oldest() = 0;  // first kept; 1 until something is pruned
  // Entries after `after`, in order, of the given kinds (bit set of 1 << Entry; 0: all).
  virtual std::vector<JournalEntry> journal(Position after, std::size_t limit, std::uint32_t kinds = 0,
                                            std::optional<Tenant> tenant = {}) = 0;
  virtual std::optional<Position> cursor(std::string_view destination) = 0;
  virtual std::vector<Delivery> deliveries(std::string_view destination, std::optional<DeliveryState> state,
                                           std::size_t limit) = 0;
  virtual std::optional<Delivery> delivery(DeliveryId) = 0;

  // -- pulled users
  virtual std::optional<PullUser> pull_user(Source, std::string_view user) = 0;
  virtual std::vector<PullUser> pull_users(Source) = 0;  // by user

  // -- supervision
  virtual std::vector<SourceSeen> sources_seen() = 0;        // by source
  virtual std::vector<DeviceSeen> devices_seen(Source) = 0;  // by device

  virtual std::vector<Audit> audits(Tenant, std::optional<PatientId>, std::size_t limit) = 0;  // newest first
  virtual std::int64_t highest_id() = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // Small number of a configured name, given once and kept for ever; empty name is none. A known name from any thread; a new one
  // only while nobody commits: before the committer starts, or on its thread.
  virtual Tenant tenant(std::string_view name) = 0;
  virtual Source source(std::string_view tenant, std::string_view name) = 0;

  // A reader with its own connection. Any thread may ask; the reader then belongs to that thread, and goes before the store does.
  virtual std::unique_ptr<Reader> reader() = 0;
  // The committer's own view: like a reader, but only for the thread that commits.
  virtual Reader& own() = 0;

  // Atomic and durable when it returns without error; gives the position of the first journal entry. On error nothing of it is
  // there: `unavailable` (disk full, I/O: the detail says which), `conflict` (a uniqueness rule: a caller's mistake). New ids of
  // observations and events ascend from group to group. A key belongs to one of them; it passes on only from an observation that is
  // entered in error.
  // One thread only.
  virtual Result<Position> commit(const Changes&, Lane) = 0;

  // Background upkeep in small portions (checkpoint, index merge); called by the committer between groups when it is idle or when
  // a portion is due. Returns true when there is more to do at once.
  virtual bool upkeep() = 0;

  struct Health {
    bool writable = true;
    std::string detail;
    std::int64_t wal_bytes = 0, unmerged_rows = 0;
  };
  virtual Health health() = 0;  // any thread
};

}  // namespace gateway::store
