// The one table of what can be measured: names, codes, canonical unit, plausible range, profile. Every code carries its source
// (V/C marks) in kinds.cpp. New kinds are new rows; nothing else in the program lists codes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "fhir/decimal.hpp"

namespace fhir {

// Index of a row; the names are those of design.md 8.2 ("oxygen-saturation"). Row order is stored (observation.kind), so rows
// are only ever appended.
enum class Kind : std::uint16_t { unknown = 0 };

struct Code {
  std::string_view system;
  std::string_view code;
  std::string_view display;
};

enum class ValueType : std::uint8_t { quantity, components, ordinal, text, questionnaire, waveform };

// A word of an ordinal or coded scale with the code that means it (ACVPU: "C" is new confusion).
struct Answer {
  std::string_view word;
  std::string_view text;
  Code code;
};

struct KindInfo {
  Kind kind;
  std::string_view name;
  std::string_view text;  // for people: CodeableConcept.text
  ValueType value;
  std::string_view unit;            // canonical UCUM code; empty for components and text
  std::string_view category;        // observation-category code: vital-signs, laboratory, survey, activity, procedure, exam
  std::span<const Code> codings;    // LOINC first where there is one, then SNOMED CT, NPU, MDC; never empty but for unknown
  std::optional<Decimal> low, high; // widest believable value in the canonical unit, inclusive; not a clinical limit
  // meta.profile this kind's rendering is validated against. The VKP profile, which demands a national identity number,
  // is last.
  std::span<const std::string_view> profiles;
  std::span<const Kind> components;  // for ValueType::components: what it consists of; the first two are required
  std::span<const Answer> answers;   // coded words of a text or ordinal kind; others are text only
  // Decimals kept when a unit is converted by a factor that is no power of ten; units.cpp says how they were chosen.
  int conversion_decimals;
};

Kind kind_named(std::string_view name);       // Kind::unknown when there is none
const KindInfo& info(Kind);                   // Kind::unknown has a row too (name "unknown")
std::span<const KindInfo> all_kinds();
// By a coding as found in a payload or a search (system may be empty: any). 8867-4 alone is heart-rate.
Kind kind_coded(std::string_view system, std::string_view code);
// Every kind whose Observation.code carries this coding: what a search by code has to find (8867-4: heart-rate and
// pulse-rate). No system: any system; an empty one: codes without system, which we never write.
std::vector<Kind> kinds_carrying(std::optional<std::string_view> system, std::string_view code);
bool plausible(Kind, const Decimal& canonical_value);

// Kinds the code itself has to speak of, looked up once.
struct KnownKinds {
  Kind oxygen_saturation, heart_rate, pulse_rate, blood_pressure, systolic, diastolic, mean_arterial_pressure,
      body_temperature, body_weight, body_height, bmi, body_fat, respiratory_rate, blood_glucose, interstitial_glucose, hba1c,
      fev1, fvc, fev6, fev1_fev6_ratio, fef_25_75, pef, inr, crp, haemoglobin, urine_protein, urine_glucose, ketones, steps,
      perfusion_index, consciousness, news2, cfs, cat, questionnaire, ecg, ctg;
};
const KnownKinds& kinds();

// Event kinds (design.md 8.2) with the VKP alert code each maps to (norway.md 2.6). Row order is stored (event.kind), so
// rows are only ever appended; event_kinds.cpp says why each is what it is.
enum class EventKind : std::uint8_t {
  safety_alarm, fall, bed_exit, inactivity, medication_missed, medication_dispensed, door, location, low_battery, no_contact,
  technical, unknown,
  // medication support, 1 and 1.*
  medication_alarm, medication_shortage, medication_unconfirmed, medication_message_unread, dispenser_fault, sachet_unread,
  roll_fault, roll_stuck, drawer_full, medication_waiting, medication_insufficient, medication_soon_empty, medication_empty,
  medication_no_schedule, medication_plan_check, roll_handled, dispenser_low_battery, dispenser_battery_empty,
  dispenser_no_mains, dispenser_no_contact, dispenser_open, dispenser_break_in, dosette_misplaced,
  // digital supervision, 4 and 4.*
  supervision_alarm, sat_up, rose_from_chair, entered_room, left_room, unexpected_stay, activity, noise, fire, absence,
  button, cord_pull, door_opened, door_closed, water, movement, no_movement, lying_down, left_home, failed_call,
  bathroom_inactivity, epilepsy, event_camera, planned_camera,
  // 6, 7 and 7.1, and what has no code
  door_lock, nurse_call, incontinence, gas, no_mains, battery_ok, contact_restored, mains_restored, alarm_note,
  device_status, medication_reminder
};

// How urgent a person is: not at all, or in the end by a technical alarm of that severity. A safety event is `no`.
enum class Technical : std::uint8_t { no, moderate, severe };

struct EventInfo {
  EventKind kind;
  std::string_view name;
  std::string_view vkp_alert_code;   // empty: no fitting code
  std::string_view vkp_display;      // Norwegian display as published
  bool safety;                       // a person must be called (invariant 5)
  Technical technical = Technical::no;  // neither this nor safety: information, stored and shown, nobody is called
};
EventKind event_named(std::string_view name);
const EventInfo& info(EventKind);
std::span<const EventInfo> all_events();
// What a VKP alert code says happened; unknown for what is no code, or speaks of readings and forms (5 and 5.*).
EventKind event_coded(std::string_view vkp_alert_code);
// The technical kinds whose cause is gone with this one: battery_ok ends the alarms of an empty or low battery.
std::span<const EventKind> ended_by(EventKind);

// vkp-medicationdispense-events-v090, version 0.9.0; displays as published.
struct DispenseCategory {
  std::string_view code, display;
};
inline constexpr std::string_view vkp_dispense_system = "http://ehelse.no/fhir/CodeSystem/vkp-medicationdispense-events-v090";
const DispenseCategory* dispense_category(std::string_view code);  // null when there is none

inline constexpr std::string_view loinc = "http://loinc.org";
inline constexpr std::string_view snomed = "http://snomed.info/sct";
inline constexpr std::string_view ucum = "http://unitsofmeasure.org";
inline constexpr std::string_view mdc = "urn:iso:std:iso:11073:10101";
inline constexpr std::string_view npu = "urn:oid:2.16.578.1.12.4.1.1.7280";
inline constexpr std::string_view local_kind = "urn:hjemport:kind";  // for kinds nobody has a verified code for
inline constexpr std::string_view vkp_observation_profile =
    "http://hl7.no/fhir/vkpobservation/StructureDefinition/vkp-Observation";
inline constexpr std::string_view vkp_alert_code = "http://ehelse.no/fhir/CodeSystem/vkp-alert-code-v090";

}  // namespace fhir
