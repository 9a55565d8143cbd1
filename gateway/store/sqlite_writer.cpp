#include "gateway/store/sqlite_writer.hpp"

#include <string>

#include "gateway/store/sqlite_rows.hpp"

namespace gateway::store {
namespace {

[[noreturn]] void conflict(const char* what) {
  throw StoreError(StoreError::Cause::conflict, what);
}

TailRow tail_row(const Observation& o) {
  return {o.id.value, o.key, true, o.tenant, o.patient, o.kind, o.measured};
}

// `until`: the position of the version that replaces it.
void keep_version(SqliteConnection& db, ObservationId id, Position until) {
  db.query("insert into observation_version(" HJEMPORT_OBSERVATION_COLUMNS
           ", until) select " HJEMPORT_OBSERVATION_COLUMNS ", ?2 from observation where id = ?1")
      .bind(id, until)
      .run();
}

void bind_observation(SqliteQuery& query, const Observation& o, Position position, const std::string& components) {
  const std::int64_t flags = flags_of(o);
  std::optional<std::int64_t> value, scale;
  if (o.value) {
    value = o.value->coefficient();
    scale = o.value->scale();
  }
  query.bind(o.id, o.version, o.tenant, o.patient, o.source, o.kind, o.measured, o.updated, position, o.status, flags,
             o.key, o.digest, o.device, value, scale, o.comparator, o.vendor_version, o.subject, components,
             o.judgement, o.resource);
}

void insert_observation(SqliteConnection& db, const Observation& o, Position position) {
  std::string components = components_text(o.components);
  SqliteQuery query = db.query(
      "insert into observation(" HJEMPORT_OBSERVATION_COLUMNS
      ") values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)");
  bind_observation(query, o, position, components);
  query.run();
}

void replace_observation(SqliteConnection& db, const Observation& o, Position position, Placements& placements) {
  TailRow before;
  before.id = o.id.value;
  {
    SqliteQuery query = db.query("select version, tenant, patient, kind, measured, key from observation where id = ?1");
    query.bind(o.id);
    if (!query.step() || query.number<std::uint32_t>(0) + 1 != o.version)
      conflict("an observation's version does not follow");
    before.tenant = query.number<Tenant>(1);
    before.patient = query.number<PatientId>(2);
    before.kind = query.number<fhir::Kind>(3);
    before.measured = query.time(4);
    before.key = query.key(5);
  }
  if (before.tenant != o.tenant || before.key != o.key) conflict("an observation keeps its tenant and key");
  keep_version(db, o.id, position);
  std::string components = components_text(o.components);
  SqliteQuery query = db.query(
      "replace into observation(" HJEMPORT_OBSERVATION_COLUMNS
      ") values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)");
  bind_observation(query, o, position, components);
  query.run();
  TailRow now = tail_row(o);
  if (before.patient != now.patient || before.kind != now.kind || before.measured != now.measured) {
    placements.moved.push_back({before, now});
  }
}

void write_observations(SqliteConnection& db, const Changes& changes, Position position, Placements& placements) {
  for (const Observation& o : changes.observations) {
    if (o.version > 1) {
      replace_observation(db, o, position, placements);
    } else {
      insert_observation(db, o, position);
      placements.added.push_back(tail_row(o));
    }
  }
}

void write_events(SqliteConnection& db, const Changes& changes, Placements& placements) {
  for (const Event& e : changes.events) {
    {
      SqliteQuery known = db.query("select key from event where id = ?1");
      known.bind(e.id);
      if (!known.step()) {
        placements.added.push_back({e.id.value, e.key, false, {}, {}, {}, {}});
      } else if (known.key(0) != e.key) {
        conflict("an event keeps its key");
      }
    }
    db.query("replace into event(" HJEMPORT_EVENT_COLUMNS ") values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")
        .bind(e.id, e.tenant, e.patient, e.source, e.kind, e.measured, e.received, e.key, e.alarm, e.subject, e.content)
        .run();
  }
}

void write_people(SqliteConnection& db, const Changes& changes) {
  for (const Patient& p : changes.patients) {
    db.query("insert into patient(" HJEMPORT_PATIENT_COLUMNS ") values(?1, ?2, ?3, ?4, ?5)")
        .bind(p.id, p.tenant, p.system, p.value, p.created)
        .run();
  }
  for (const Device& d : changes.devices) {
    db.query("insert into device(" HJEMPORT_DEVICE_COLUMNS
             ") values(?1, ?2, ?3, ?4, ?5, ?6) on conflict(id) do nothing")
        .bind(d.id, d.tenant, d.source, d.identifier, d.model, d.first_seen)
        .run();
  }
  for (const Link& l : changes.links) {
    db.query("replace into link(" HJEMPORT_LINK_COLUMNS ") values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
        .bind(l.id, l.version, l.tenant, l.source, l.subject, l.patient, l.from, l.to, l.who)
        .run();
  }
  for (const Plan& p : changes.plans) {
    std::string programmes = lines_text(p.programmes);
    db.query("insert into plan(" HJEMPORT_PLAN_COLUMNS ") values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        .bind(p.patient, p.version, p.at, p.who, programmes, p.limits, p.rules, p.person)
        .run();
  }
  for (const Changes::ExpectedName& name : changes.dropped_expected) {
    db.query("delete from expected where patient = ?1 and rule = ?2").bind(name.patient, name.rule).run();
  }
  for (const Expected& e : changes.expected) {
    db.query("replace into expected(" HJEMPORT_EXPECTED_COLUMNS ") values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")
        .bind(e.patient, e.rule, e.tenant, e.says, e.began, e.begin, e.deadline, e.due, e.newest, e.missed_begin, e.missed_deadline, e.misses)
        .run();
  }
  for (const Suppression& s : changes.suppressions) {
    db.query("replace into suppression(" HJEMPORT_SUPPRESSION_COLUMNS ") values(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        .bind(s.id, s.version, s.tenant, s.patient, s.open, s.due, s.document)
        .run();
  }
  for (const CarePlan& c : changes.care_plans) {
    db.query("insert into care_plan(" HJEMPORT_CARE_PLAN_COLUMNS ") values(?1, ?2, ?3, ?4, ?5, ?6)")
        .bind(c.patient, c.version, c.tenant, c.at, c.who, c.resource)
        .run();
  }
  for (const Responsibility& r : changes.responsibilities) {
    db.query("insert into responsibility(" HJEMPORT_RESPONSIBILITY_COLUMNS ") values(?1, ?2, ?3, ?4, ?5)")
        .bind(r.patient, r.version, r.at, r.who, r.periods)
        .run();
  }
}

void write_alarms(SqliteConnection& db, const Changes& changes) {
  for (const Alarm& a : changes.alarms) {
    // Not "replace into": that would silently delete another open alarm of the same identity.
    db.query("insert into alarm(" HJEMPORT_ALARM_COLUMNS
             ") values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) on conflict(id) do update set version = ?2, tenant = ?3, "
             "patient = ?4, identity = ?5, open = ?6, severity = ?7, raised = ?8, document = ?9, due = ?10")
        .bind(a.id, a.version, a.tenant, a.patient, a.identity, a.open, a.severity, a.raised, a.document, a.due)
        .run();
  }
  for (const Call& c : changes.calls) {
    db.query("replace into call(" HJEMPORT_CALL_COLUMNS ") values(?1, ?2, ?3, ?4, ?5, ?6)")
        .bind(c.alarm, c.version, c.tenant, c.level, c.attempts, c.next_at)
        .run();
  }
  for (const Changes::CallName& c : changes.dropped_calls) {
    db.query("delete from call where alarm = ?1 and version = ?2").bind(c.alarm, c.version).run();
  }
  for (const Changes::Reply& r : changes.replies) {
    db.query("insert into reply(key, status, at, body) values(?1, ?2, ?3, ?4)")
        .bind(r.key, r.status, r.at, r.body)
        .run();
  }
}

void write_quarantine(SqliteConnection& db, const Changes& changes) {
  for (const Payload& p : changes.payloads) {
    db.query(
          "insert into payload(digest, source, received, content_type, bytes) values(?1, ?2, ?3, ?4, ?5) "
          "on conflict(digest) do nothing")
        .bind(p.digest, p.source, p.received, p.content_type,
              std::span(reinterpret_cast<const std::uint8_t*>(p.bytes.data()), p.bytes.size()))
        .run();
  }
  for (const Quarantined& q : changes.quarantined) {
    db.query("replace into quarantine(" HJEMPORT_QUARANTINE_COLUMNS
             ") values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)")
        .bind(q.id, q.tenant, q.source, q.reason, q.state, q.received, q.measured, q.key, q.subject, q.kind, q.index,
              q.payload, q.note, q.decided_by, q.outcome)
        .run();
  }
  for (const Key& digest : changes.dropped_payloads)
    db.query("delete from payload where digest = ?1").bind(digest).run();
}

void write_deliveries(SqliteConnection& db, const Changes& changes) {
  for (const Delivery& d : changes.deliveries) {
    db.query("replace into delivery(" HJEMPORT_DELIVERY_COLUMNS ") values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
        .bind(d.id, d.destination, d.position, d.tenant, d.patient, d.state, d.attempts, d.next_at, d.reason)
        .run();
  }
  for (DeliveryId id : changes.dropped_deliveries) db.query("delete from delivery where id = ?1").bind(id).run();
  for (const Changes::Cursor& c : changes.cursors) {
    db.query("replace into destination_cursor(destination, position) values(?1, ?2)")
        .bind(c.destination, c.position)
        .run();
  }
}

void write_pull_users(SqliteConnection& db, const Changes& changes) {
  for (const PullUser& u : changes.pull_users) {
    const std::span token(reinterpret_cast<const std::uint8_t*>(u.token.data()), u.token.size());
    db.query("replace into pull_user(" HJEMPORT_PULL_USER_COLUMNS
             ") values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")
        .bind(u.source, u.user, u.tenant, u.version, u.state, token, u.asked, u.mark, u.pulled, u.vendor_user, u.reason,
              u.connected, u.who)
        .run();
  }
  for (const Changes::PullUserName& dropped : changes.dropped_pull_users) {
    db.query("delete from pull_user where source = ?1 and user = ?2").bind(dropped.source, dropped.user).run();
  }
}

void write_seen(SqliteConnection& db, const Changes& changes) {
  for (const SourceSeen& s : changes.sources_seen) {
    db.query("replace into source_seen(" HJEMPORT_SOURCE_SEEN_COLUMNS ") values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        .bind(s.source, s.tenant, s.name, s.watched, s.accepted, s.heartbeat, s.state, s.no_heartbeat)
        .run();
  }
  for (const DeviceSeen& d : changes.devices_seen) {
    db.query("replace into device_seen(" HJEMPORT_DEVICE_SEEN_COLUMNS ") values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        .bind(d.device, d.source, d.tenant, d.patient, d.seen, d.silent, d.subject, d.identifier)
        .run();
  }
  for (DeviceId id : changes.dropped_devices_seen) db.query("delete from device_seen where device = ?1").bind(id).run();
}

void write_journal(SqliteConnection& db, const Changes& changes, Position first) {
  for (const JournalEntry& e : changes.journal) {
    db.query("insert into journal(" HJEMPORT_JOURNAL_COLUMNS ") values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
        .bind(first++, e.at, e.kind, e.tenant, e.patient, e.ref, e.version, e.change, e.data)
        .run();
  }
  for (const Audit& a : changes.audits) {
    db.query(
          "insert into audit(at, tenant, client, action, patient, purpose, outcome) values(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        .bind(a.at, a.tenant, a.client, a.action, a.patient, a.purpose, a.outcome)
        .run();
  }
}

}  // namespace

void write_changes(SqliteConnection& db, const Changes& changes, Position first, Placements& placements) {
  // Every row of the group stands at the group's last position: a horizon is always a boundary between groups.
  Position position = first + static_cast<Position>(changes.journal.size()) - 1;
  write_observations(db, changes, position, placements);
  write_events(db, changes, placements);
  write_people(db, changes);
  write_alarms(db, changes);
  write_quarantine(db, changes);
  write_deliveries(db, changes);
  write_pull_users(db, changes);
  write_seen(db, changes);
  write_journal(db, changes, first);
  if (changes.highest_id != 0) {
    db.query(
          "insert into counter(name, value) values('highest_id', ?1) on conflict(name) do update set value = "
          "max(value, ?1)")
        .bind(changes.highest_id)
        .run();
  }
}

}  // namespace gateway::store
