// An alarm as it is kept, streamed and shown (design.md section 7), with its machine's memory. Values only: no store,
// no clock. What changes one is in judgement.hpp (readings, events, causes) and actions.hpp (people).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/decimal.hpp"
#include "fhir/json_reader.hpp"
#include "fhir/kinds.hpp"
#include "fhir/result.hpp"
#include "fhir/time.hpp"
#include "gateway/runtime/ids.hpp"
#include "gateway/store/rows.hpp"
#include "thresholds/alarm_state.hpp"
#include "thresholds/clocks.hpp"

namespace gateway::alarms {

using fhir::Result;
using fhir::Time;

enum class Origin : std::uint8_t { limit, rule, event, missing, technical };
std::string_view name(Origin);
std::optional<Origin> origin_named(std::string_view);

// Codes VKP has no word for; the values are our event and cause names.
inline constexpr std::string_view alarm_code_system = "urn:hjemport:alarm-code";

struct Coding {
  std::string system, code, display;
  bool operator==(const Coding&) const = default;
};

// Why the alarm has its severity.
struct Reason {
  std::string rule;                     // "oxygen-saturation:alert_low"; an event's or cause's name
  std::optional<std::int64_t> version;  // of the limits or the rule
  std::string text;                     // for people, Norwegian: "SpO2 86 %, grense 88"
  std::optional<fhir::Decimal> limit, value;
  std::string unit;  // UCUM
  bool operator==(const Reason&) const = default;
};

struct Occurrence {
  Time at{};  // when it was committed
  Time measured{};
  ObservationId observation;  // none for events and for what has no observation
  std::optional<fhir::Decimal> value;
  std::string unit;
  std::vector<ObservationId> inputs{};  // the other readings a rule rests on; not shown by themselves
  bool operator==(const Occurrence&) const = default;
};

// A client of the API and the person who used it.
struct Person {
  std::string client, id, name;
  bool operator==(const Person&) const = default;
};

// What somebody has to know before they read on; told by the gateway, and shown only where there is one.
struct Mark {
  std::string code;  // mark_*
  std::string text;  // Norwegian
  bool operator==(const Mark&) const = default;
};
inline constexpr std::string_view mark_absence = "planned-absence";  // measured while the patient was to be away
inline constexpr std::string_view mark_flood = "flood";              // came while more alarms came than anybody can deal with

// What the patient's own self-treatment plan says for the alarm's colour (registry/self_treatment.hpp).
struct Advice {
  std::string text;
  std::uint32_t version = 0;  // of the plan
  bool operator==(const Advice&) const = default;
};

// One line of the alarm's log.
struct LogEntry {
  Time at{};
  std::optional<Person> who;  // none: the gateway itself
  // A person's action, "hand-over-accepted" or "hand-over-declined"; of the gateway itself "normal", "restored", "escalated",
  // "corrected", "patient-known", "annotated", "snooze-ended", "opened", "rerouted", "responsibility", "call-failed".
  std::string action;
  std::string note;
  // Not shown; what a follow-up document is made of later. Causes and measures are coded as the client says: VKP has codes for
  // "årsak" (6) and "tiltak" (7) as such, and no list of either.
  std::optional<Coding> cause, measure;  // of a resolve
  std::string organization;              // of a hand-over: to whom
  int level = 0;                         // of an escalation
  bool operator==(const LogEntry&) const = default;
};

// The vkp-composition-event-v090 code (norway.md 2.6) of a line of the log; empty where it has none. Taking is "behandles" (1)
// and resolving "kvittert" (3), not acknowledging: 3 says that it is closed (clinical.md 5.4, 5).
std::string_view composition_event(std::string_view action);

// A hand-over nobody has answered yet.
struct Offer {
  Person from;
  std::string organization, name;  // to whom; one of them may be empty
  bool operator==(const Offer&) const = default;
};

// The clock that runs, and how far its being missed has been told.
struct Timing {
  thresholds::Clock clock = thresholds::Clock::none;
  Time since{};              // when it started
  int level = 0;             // levels of escalation reached; 0: none
  Time stepped{};            // when the last one was
  std::optional<Time> call_at_opening;  // came while the service was closed
  bool operator==(const Timing&) const = default;
};

inline constexpr std::size_t occurrences_kept = 100;  // design.md section 7
inline constexpr std::size_t log_kept = 1000;         // OURS: the gateway's own oldest lines go first, a person's never

struct Alarm {
  AlarmId id;
  std::uint32_t version = 1;
  std::string tenant;  // configured name
  PatientId patient;   // none: not known (yet)
  Origin origin = Origin::limit;
  Coding code;
  thresholds::AlarmState machine;  // state, severity, and what later judgements are compared with
  bool announce = false;           // of the latest change
  bool late = false;               // every occurrence so far came late
  bool superseded = false;         // every occurrence so far was superseded when it came
  Time raised{};                   // commit of the first occurrence
  Time measured{};                 // measured time of the newest breach; an older one never moves it
  Reason reason;
  std::int64_t occurrence_count = 0;
  std::vector<Occurrence> occurrences;  // newest measured first
  std::string device;                   // vendor's device id as given
  std::string contact;                  // call-back as given
  std::optional<Person> owner;
  std::optional<Time> deadline;  // of the clock that runs now
  std::vector<LogEntry> events;  // oldest first
  std::vector<Mark> marks;       // one a code
  std::optional<Advice> advice;  // none: the patient has no plan, or it says nothing for this colour

  // Not shown outside.
  std::string identity;  // one open alarm per identity and tenant
  Time updated{};        // commit of this version
  std::string closing;   // how it ended: "resolve" or "restored"; empty while open
  Timing timing;
  std::optional<Offer> offer;        // exactly while the machine is handing over
  std::string responsible;           // organisation number of who answers for it; empty: the tenant's own
  std::optional<Time> responsible_until;  // when that changes by the patient's periods
  bool handed_over = false;          // `responsible` came by an accepted hand-over and not by the patient's periods
  std::optional<std::string> former;  // who answered until this very version, told of it for the last time
  std::vector<std::string> called_in;  // clients an escalation or the closing time brought in
  std::optional<Time> due;           // when the timers look at it next

  bool open() const { return machine.state != thresholds::State::resolved; }
  bool operator==(const Alarm&) const = default;
};

// Distinct observations of the kept occurrences, in their order, then the others that those rest on.
std::vector<ObservationId> observations(const Alarm&);

// Replaces the mark of the same code; an empty text takes it away.
void mark(Alarm&, std::string_view code, std::string text);

// Adds a line; beyond log_kept the gateway's own oldest line goes.
void log(Alarm&, LogEntry);

// The alarm as the step leaves it, before whatever else the change brings.
Alarm next_version(const Alarm&, const thresholds::Step&, Time now);

// Identity (design.md section 7). Parts other than the last come from closed lists or are our own ids.
std::string limit_identity(PatientId, std::string_view kind, std::string_view component, thresholds::Direction);
std::string rule_identity(PatientId, std::string_view rule);
std::string missing_identity(PatientId, std::string_view cause);
std::string event_identity(PatientId, fhir::EventKind);
// An event whose patient is not known: `thing` is the device, else the subject, named so that two sources do not meet.
std::string event_identity(std::string_view thing, fhir::EventKind);
std::string technical_identity(std::string_view cause, std::string_view thing);

// The contract's members in its order, on one line, and after them `marks` and `advice` where the alarm has any: answers of /alarms and
// the stream's data.
std::string shown_json(const Alarm&);
// The same plus what is not shown, for the store.
std::string stored_json(const Alarm&);
// Reads stored_json back: write(read(x)) == x.
Result<Alarm> alarm_from_json(fhir::JsonValue stored);
Result<Alarm> alarm_from_stored(const store::Alarm& row);
store::Alarm row(const Alarm&, store::Tenant);

}  // namespace gateway::alarms
