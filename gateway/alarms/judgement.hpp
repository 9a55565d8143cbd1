// What a judged reading, an event or a technical cause does to an alarm: opens it, adds an occurrence, notes a return
// to normal, or nothing. The decision is thresholds/alarm_state's; here the alarm around it is kept. Pure: the caller
// finds the open alarm by identity, gives ids and time, and stores what comes back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/measurement.hpp"
#include "gateway/alarms/alarm.hpp"
#include "thresholds/limits.hpp"

namespace gateway::alarms {

// What becomes of an alarm. Nothing is to be stored when `alarm` is empty.
struct AlarmChange {
  std::optional<Alarm> alarm;  // new, or the next version of the open one
  thresholds::Change change = thresholds::Change::none;
  bool announce = false;
  std::string_view reason;  // thresholds::Step's, or why no alarm is concerned: "no-breach", "undecidable", "no-limit",
                            // "other-direction"
};

// What every judgement needs beside its input.
struct Judging {
  AlarmId fresh;  // the id a new alarm gets; unused otherwise
  Time now{};     // commit time
  thresholds::AlarmPolicy policy{};
};

// One value of a reading, judged against one limit.
struct LimitReading {
  std::string tenant;
  PatientId patient;
  fhir::Kind kind{};       // of the limit; names the alarm
  fhir::Kind component{};  // unknown: the kind has none
  fhir::Decimal value;     // canonical unit
  adapters::Comparator comparator = adapters::Comparator::none;
  Time measured{};
  ObservationId observation;
  std::string device;  // vendor's device id as given
  thresholds::Verdict verdict;
  std::uint32_t limit_version = 0;
  bool late = false, superseded = false, past_horizon = false;
  bool doubled_hour = false;  // measured up to an hour later than `measured` says
};

// The identity to look the open alarm up by, one for each direction.
std::string identity(const LimitReading&, thresholds::Direction);
// Call it for both directions of each value. A new version of an observation that is an occurrence of the alarm
// corrects that occurrence and is not counted again.
AlarmChange apply_limit(const Alarm* open, thresholds::Direction, const LimitReading&, const Judging&);

// A safety event with a vendor id not seen before; the caller sorts out repeats of one.
struct SafetyEvent {
  std::string tenant;
  PatientId patient;  // none: not known
  std::string thing;  // identity when the patient is not known: device, else subject, with its source
  fhir::EventKind kind{};
  Time measured{};
  std::string device;  // as given, like the next three
  std::string location;
  std::string contact;
  std::string text;
  bool late = false;
};
std::string identity(const SafetyEvent&);
AlarmChange apply_event(const Alarm* open, const SafetyEvent&, const Judging&);

// Something about the machinery that a person must deal with.
struct TechnicalCause {
  std::string tenant;
  PatientId patient;  // none: concerns no single patient
  std::string cause;  // closed list of names: "quarantined-reading", "low-battery", "no-contact", "backlog-summary" …
  std::string thing;  // device, source, or patient and kind
  std::string text;   // Norwegian, from alarm_text.hpp
  thresholds::Severity severity = thresholds::Severity::moderate;
  Time measured{};
  std::string device;
  std::string contact;
  std::optional<fhir::Decimal> value;
  std::string unit;
  bool late = false, superseded = false, past_horizon = false;
};
std::string identity(const TechnicalCause&);
// A thing in one patient's hands. The same device may serve two patients one after the other, and a sender that names no device
// has one thing for all: each patient's alarm is its own.
std::string used_by(std::string thing, PatientId);
AlarmChange apply_technical(const Alarm* open, const TechnicalCause&, const Judging&);
// A held reading of a known patient (invariant 5): severe if its value would have breached. One alarm per patient and
// kind.
struct HeldReading {
  std::string tenant;
  PatientId patient;
  fhir::Kind kind{};                   // unknown when it could not be read
  std::optional<fhir::Decimal> value;  // as far as it could be read
  std::string unit;
  adapters::QuarantineReason reason{};
  Time measured{};  // of arrival when the item has no time
  std::string device;
  bool would_breach = false;
  bool late = false, superseded = false, past_horizon = false;
};
TechnicalCause technical_cause(const HeldReading&);

// The cause of a missing or technical alarm is gone: it ends as restored. Others are closed by people only and stay.
AlarmChange apply_restored(const Alarm& open, std::string_view note, Time now);
// The subject of an event alarm without patient became known. `taken`: an alarm of the patient with the same identity
// is open already; both then stay open and this one keeps its old identity.
AlarmChange apply_patient_known(const Alarm& open, PatientId, bool taken, Time now);
// Something happened to what the alarm rests on, a link corrected or a reading withdrawn; told, and never closing.
AlarmChange annotate(const Alarm&, std::string_view note, Time now);

}  // namespace gateway::alarms
