// What the store keeps, as plain values. No SQL, no backend: SQLite and PostgreSQL fill the same structs.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fhir/decimal.hpp"
#include "fhir/kinds.hpp"
#include "fhir/quality.hpp"
#include "fhir/time.hpp"
#include "gateway/runtime/ids.hpp"

namespace gateway::store {

using Position = std::int64_t;  // place in the journal; 1 is the first entry, 0 is before it
using fhir::Time;

// Names from the configuration (tenants, sources, clients, destinations) get small numbers once and for ever.
enum class Tenant : std::int32_t { none = 0 };
enum class Source : std::int32_t { none = 0 };

// Idempotency key of a reading or event (invariant 3): the first 16 bytes of HMAC-SHA256 over its parts under the
// installation's secret. In hex it is the resource's identifier.value.
using Key = std::array<std::uint8_t, 16>;
// First 8 bytes of SHA-256 over a reading's content (invariant 3 says what is content).
using Digest = std::uint64_t;

enum class Status : std::uint8_t { final_ = 0, amended = 1, entered_in_error = 2 };

struct ComponentValue {
  fhir::Kind kind{};
  fhir::Decimal value;
  std::uint8_t comparator = 0;  // adapters::Comparator
};

struct Observation {
  ObservationId id;
  std::uint32_t version = 1;
  Tenant tenant{};
  PatientId patient;
  Source source{};
  fhir::Kind kind{};
  Time measured{};
  Time updated{};              // commit time of this version (meta.lastUpdated)
  Status status = Status::final_;
  Key key{};
  Digest digest = 0;
  std::string vendor_version;  // the vendor's "modified" stamp; orders versions
  std::string subject;         // the source's subject it was placed by; empty when a national number placed it
  DeviceId device;
  std::optional<fhir::Decimal> value;  // canonical unit
  std::uint8_t comparator = 0;
  std::vector<ComponentValue> components;
  fhir::AbsentReason absent{};   // why the reading has no value; then it is no newest of its series either
  bool late = false, superseded = false;
  bool doubled_hour = false;     // measured in the hour that autumn has twice; `measured` is its first occurrence
  bool recalled = false;         // with status entered-in-error: taken back for good, so a resend of the same is nothing new
  std::uint64_t sequence = 0;    // the vendor's running number of such a reading, which alone is ordered by it; 0: none
  std::string judgement;       // JSON: rule and limit versions, inputs, outcome, reason (invariant 10)
  std::string resource;        // the FHIR resource as served
};

// A decoded safety or technical event that was accepted.
struct Event {
  EventId id;
  Tenant tenant{};
  PatientId patient;  // none: not known yet
  Source source{};
  fhir::EventKind kind{};
  Time measured{}, received{};
  Key key{};
  std::string subject;   // source's subject, so that a link finds the event; empty when the person's own identifier placed it
  AlarmId alarm;
  std::string content;   // JSON: device, model, text, location, contact, note, dispense, medication, dosage, alarm, time_stands_in
};

struct Patient {
  PatientId id;
  Tenant tenant{};
  std::string system, value;  // the identifier it was created by
  Time created{};
};

struct Device {
  DeviceId id;  // derived from (tenant, source, vendor's id), see ingest/keys.hpp
  Tenant tenant{};
  Source source{};
  std::string identifier, model;
  Time first_seen{};
};

// Which patient a vendor's subject belonged to, [from, to).
struct Link {
  LinkId id;
  std::uint32_t version = 1;
  Tenant tenant{};
  Source source{};
  std::string subject;
  PatientId patient;
  Time from{};
  std::optional<Time> to;
  std::string who;
};

// One version of a patient's limits and programmes; the newest is in force. Versions are never changed.
struct Plan {
  PatientId patient;
  std::uint32_t version = 1;
  Time at{};
  std::string who;
  std::vector<std::string> programmes;
  std::string limits;        // JSON array as in the API, each limit with its origin (personal or the programme it was copied from)
  std::string rules = "[]";  // likewise
  std::string person = "{}"; // JSON object: what rules have to know of the person, as in the API
};

struct Alarm {
  AlarmId id;
  std::uint32_t version = 1;
  Tenant tenant{};
  PatientId patient;      // may be none
  std::string identity;   // design.md section 7; at most one open alarm has it within a tenant
  bool open = true;
  std::uint8_t severity = 10;
  Time raised{};
  std::string document;   // alarms::stored_json
  std::optional<Time> due;  // when the timers look at it next; none: never
};

// A call to somebody outside that an escalation owes: a webhook of the level it reached. Gone when it was answered, or when the
// alarm was seen to before.
struct Call {
  AlarmId alarm;
  std::uint32_t version = 0;  // of the alarm at that step: the two together make the effect once
  Tenant tenant{};
  std::int32_t level = 0;     // 1 is the first
  std::uint32_t attempts = 0;
  Time next_at{};
};

// What is waited for of a patient, by one rule: the next expectation of one on missing readings, or that readings decide one which
// they leave undecided (`begin`: since when). Each is decided once, over restarts. Gone with the rule.
struct Expected {
  PatientId patient;
  std::string rule;            // its id in the plan
  Tenant tenant{};
  std::string says;            // the rule as JSON when this began; one that says something else begins anew
  Time began{};
  Time begin{}, deadline{};    // the expectation that waits (thresholds/schedule.hpp)
  std::optional<Time> due;     // when it is to be decided; none: nothing runs out before a reading comes
  std::optional<Time> newest;  // reading of the kind since `began`, of `every`
  Time missed_begin{}, missed_deadline{};  // the newest that ran out
  std::int32_t misses = 0;     // in a row
  bool operator==(const Expected&) const = default;
};

// One version of who answers for a patient; the newest is in force. Versions are never changed.
struct Responsibility {
  PatientId patient;
  std::uint32_t version = 1;
  Time at{};
  std::string who;
  std::string periods;  // JSON array as in the API
};

// A person's decision to keep some of a patient's alarms quiet for a while (registry/suppression.hpp).
struct Suppression {
  SuppressionId id;
  std::uint32_t version = 1;
  Tenant tenant{};
  PatientId patient;
  bool open = true;         // in force, to come, or over and not reviewed yet
  std::optional<Time> due;  // when the timers look at it next; none: it waits for a person
  std::string document;     // registry::suppression_json
  bool operator==(const Suppression&) const = default;
};

// One version of a patient's self-treatment plan; the newest is in force. Versions are never changed.
struct CarePlan {
  PatientId patient;
  std::uint32_t version = 1;
  Tenant tenant{};
  Time at{};
  std::string who;
  std::string resource;  // the FHIR CarePlan as served
  bool operator==(const CarePlan&) const = default;
};

enum class QuarantineState : std::uint8_t { waiting = 0, released = 1, discarded = 2 };
struct Quarantined {
  QuarantineId id;
  Tenant tenant{};
  Source source{};
  std::uint8_t reason = 0;  // adapters::QuarantineReason
  QuarantineState state = QuarantineState::waiting;
  Time received{};
  std::optional<Time> measured;
  Key key{};                // of the item; for undecodable payloads of the bytes
  std::string subject;      // empty: none
  fhir::Kind kind{};
  std::uint32_t index = 0;  // item's place in the payload
  Key payload{};            // which kept payload it is in
  std::string note;         // the failing step, no values, no identifiers
  std::string decided_by;   // who released or discarded, and why
  std::string outcome;      // after release: what became of it, e.g. "accepted Observation/…"
};
struct Payload {
  Key digest{};             // HMAC of tenant, source and bytes
  Source source{};
  Time received{};
  std::string content_type;
  std::string bytes;
};

enum class Entry : std::uint8_t {
  observation = 1,     // ref ObservationId, version; change: created | amended | entered-in-error
  alarm = 2,           // ref AlarmId, version; change: raised repeated …; data: the alarm's shown JSON
  event = 3,           // ref EventId
  quarantine = 4,      // ref QuarantineId; change: waiting | released | discarded
  patient = 5, link = 6, plan = 7, delivery = 8, self_test = 9,
  recall = 10,         // ref its number; change: asked | done; data: what is recalled, or how many readings were
  document = 11,       // ref AlarmId, version; change: owed; data: the alarm's stored JSON as a person closed it
  responsibility = 12, // ref PatientId, version
  suppression = 13,    // ref SuppressionId, version; change: begun | extended | ended | warned | over | settled | reviewed
  care_plan = 14       // ref PatientId, version
};
struct JournalEntry {
  Position position = 0;  // set by the store at commit
  Time at{};
  Entry kind{};
  Tenant tenant{};
  PatientId patient;
  std::int64_t ref = 0;
  std::uint32_t version = 0;
  std::string change;
  std::string data;
};

enum class DeliveryState : std::uint8_t { waiting = 0, retrying = 1, parked = 2 };
// Only items that could not simply be passed by the cursor have a row (invariant 7).
struct Delivery {
  DeliveryId id;
  std::string destination;
  Position position = 0;
  Tenant tenant{};
  PatientId patient;
  DeliveryState state = DeliveryState::waiting;
  std::uint32_t attempts = 0;
  Time next_at{};
  std::string reason;  // last failure in words, no payload
};

// A user of a vendor's whose readings are pulled (gateway/pull), by (source, user).
enum class PullState : std::uint8_t {
  active = 0,
  consent_lost = 1,  // the vendor takes the token no more: the person has to consent again
  wrong_user = 2     // the vendor's answers are somebody else's
};
struct PullUser {
  Source source{};
  std::string user;           // as the operator named it
  Tenant tenant{};
  std::int64_t version = 0;   // of the token: another one, never used before, whenever somebody replaces it
  PullState state = PullState::active;
  std::string token;          // sealed (pull/seal.hpp), never plain
  std::optional<Time> asked;  // a new token was asked for then and no answer is kept: the stored one may be spent
  std::optional<Time> mark;   // everything the vendor had up to here is committed
  std::optional<Time> pulled; // end of the last pull that came to its end
  std::string vendor_user;    // whom the vendor's answers name; empty: nobody yet
  std::string reason;         // why the state is not active; no token, no identifier
  Time connected{};           // when an operator gave the token
  std::string who;            // which operator
};

// What supervision knows of a source over a restart: when it was last heard, and what was found of it (gateway/timers/supervision).
struct SourceSeen {
  Source source{};
  Tenant tenant{};
  std::string name;               // configured; the thing of its alarms
  Time watched{};                 // since when it is known at all
  std::optional<Time> accepted;   // last reading or event that was stored or known already
  std::optional<Time> heartbeat;  // last sign of life besides
  std::uint8_t state = 0;         // thresholds::Liveness
  bool no_heartbeat = false;      // found without
};

// The same of a device that has sent readings.
struct DeviceSeen {
  DeviceId device;
  Source source{};
  Tenant tenant{};
  PatientId patient;       // whose its last reading was
  std::string subject;     // it was placed by; empty: by the person's identifier
  std::string identifier;  // the vendor's device id as given
  Time seen{};
  bool silent = false;     // found so, and its alarm was raised
};

struct Audit {
  Time at{};
  Tenant tenant{};
  std::string client;   // who
  std::string action;   // what: "search Observation", "read Alarm", "refused"
  PatientId patient;    // none: no single patient
  std::string purpose;
  std::string outcome;  // "ok", "denied", "not-found"
};

}  // namespace gateway::store
