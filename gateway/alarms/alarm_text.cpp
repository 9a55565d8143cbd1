#include "gateway/alarms/alarm_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace gateway::alarms {
namespace {

struct Word {
  std::string_view name, text;
};

template <std::size_t size>
std::string_view word_for(const std::array<Word, size>& words, std::string_view name, std::string_view otherwise) {
  auto found = std::find_if(words.begin(), words.end(), [&](const Word& word) { return word.name == name; });
  return found == words.end() ? otherwise : found->text;
}

// Rows 86-90 of clinical.md section 6 where it has the word; the others are the usual clinical names.
constexpr std::array<Word, 35> kind_words{{
    {"oxygen-saturation", "SpO2"},
    {"heart-rate", "Puls"},
    {"pulse-rate", "Puls"},
    {"blood-pressure", "Blodtrykk"},
    {"systolic", "Systolisk blodtrykk"},
    {"diastolic", "Diastolisk blodtrykk"},
    {"mean-arterial-pressure", "Middelblodtrykk"},
    {"body-temperature", "Temperatur"},
    {"body-weight", "Vekt"},
    {"body-height", "Høyde"},
    {"bmi", "BMI"},
    {"body-fat", "Fettprosent"},
    {"respiratory-rate", "Respirasjonsfrekvens"},
    {"blood-glucose", "Blodsukker"},
    {"interstitial-glucose", "Vevsglukose"},
    {"hba1c", "HbA1c"},
    {"fev1", "FEV1"},
    {"fvc", "FVC"},
    {"fev6", "FEV6"},
    {"fev1-fev6-ratio", "FEV1/FEV6"},
    {"fef-25-75", "FEF25-75"},
    {"pef", "PEF"},
    {"inr", "INR"},
    {"crp", "CRP"},
    {"haemoglobin", "Hemoglobin"},
    {"urine-protein", "Protein i urin"},
    {"urine-glucose", "Glukose i urin"},
    {"ketones", "Ketoner"},
    {"steps", "Skritt"},
    {"perfusion-index", "Perfusjonsindeks"},
    {"consciousness", "Bevissthetsnivå"},
    {"news2", "NEWS2"},
    {"cfs", "CFS"},
    {"cat", "CAT"},
    {"questionnaire", "Skjemabesvarelse"},
}};

constexpr std::array<Word, 8> unit_words{{
    {"mm[Hg]", "mmHg"},
    {"Cel", "°C"},
    {"kg/m2", "kg/m²"},
    {"{INR}", ""},
    {"{score}", ""},
    {"{steps}", ""},
    {"/min", "per minutt"},
    {"", ""},
}};

// VKP's display names the thing for a code list; these name what happened where that reads badly or is missing. The
// other kinds go by the display.
constexpr std::array<Word, 27> event_words{{
    {"safety-alarm", "Trygghetsalarm"},
    {"medication-missed", "Medisin ikke utlevert"},
    {"medication-dispensed", "Medisin utlevert"},
    {"medication-alarm", "Avvik i medisinering"},
    {"medication-unconfirmed", "Medisin ikke bekreftet utlevert"},
    {"medication-message-unread", "Melding fra dispenser ikke lest"},
    {"dispenser-fault", "Dispenser stoppet: teknisk feil"},
    {"sachet-unread", "Dispenser stoppet: pose ikke lest"},
    {"roll-fault", "Dispenser stoppet: feil ved rull"},
    {"roll-stuck", "Dispenser stoppet: rull sitter fast"},
    {"drawer-full", "Dispenser stoppet: full skuff"},
    {"dispenser-low-battery", "Lavt batteri i dispenser"},
    {"dispenser-battery-empty", "Tomt batteri i dispenser"},
    {"dispenser-no-mains", "Dispenser uten strøm"},
    {"dispenser-no-contact", "Mistet forbindelse med dispenser"},
    {"dispenser-break-in", "Innbrudd i dispenser"},
    {"door", "Døralarm"},
    {"location", "Lokaliseringsalarm"},
    {"supervision-alarm", "Alarm fra digitalt tilsyn"},
    {"sat-up", "Satt seg opp i sengen"},
    {"lying-down", "Lagt seg i sengen"},
    {"bathroom-inactivity", "Inaktivitet på badet"},
    {"gas", "Gass- eller kullosalarm"},
    {"no-mains", "Strømbrudd"},
    {"low-battery", "Lavt batteri"},
    {"no-contact", "Mistet forbindelse"},
    {"technical", "Teknisk feil"},
}};

// Causes that are no event.
constexpr std::array<Word, 10> cause_words{{
    {"quarantined-reading", "Melding i karantene"},
    {"source-silent", "Avsendersystem er stille"},
    {"heartbeat-missing", "Livstegn mangler"},
    {"mapping-broke", "Ingenting fra avsendersystemet kan brukes"},
    {"device-silent", "Utstyr er stille"},
    {"self-test-failed", "Selvtesten feilet"},
    {"suppression", "Undertrykking av varsler"},
    {"flood", "Varselflom"},
    {"rule-undecided", "Regel lar seg ikke avgjøre"},
    {"backlog-summary", "Oppsummering av forsinkede målinger"},
}};

constexpr std::array<Word, 9> quarantine_words{{
    {"undecodable", "uleselig"},
    {"unknown-kind", "ukjent målingstype"},
    {"unknown-unit", "ukjent enhet"},
    {"implausible", "usannsynlig verdi"},
    {"future-time", "tidspunkt i framtiden"},
    {"invalid-identifier", "ugyldig personidentifikator"},
    {"ambiguous-subject", "uklart hvem den gjelder"},
    {"unknown-subject", "ukjent bruker"},
    {"subject-changed", "samme måling meldt på en annen pasient"},
}};

std::string with_decimal_comma(std::string digits) {
  std::replace(digits.begin(), digits.end(), '.', ',');
  return digits;
}

std::string_view comparator_text(adapters::Comparator comparator) {
  switch (comparator) {
    case adapters::Comparator::none:
      return "";
    case adapters::Comparator::less:
      return "< ";
    case adapters::Comparator::less_or_equal:
      return "≤ ";
    case adapters::Comparator::greater_or_equal:
      return "≥ ";
    case adapters::Comparator::greater:
      return "> ";
  }
  return "";
}

// An age that stays true however late the text is read, and needs no time zone.
std::string delay_text(std::chrono::microseconds delay) {
  auto counted = [](std::int64_t count, std::string_view one, std::string_view more) {
    return std::to_string(count) + " " + std::string(count == 1 ? one : more);
  };
  using namespace std::chrono;
  if (delay >= hours(48)) return counted(duration_cast<hours>(delay).count() / 24, "døgn", "døgn");
  if (delay >= hours(1)) return counted(duration_cast<hours>(delay).count(), "time", "timer");
  return counted(std::max<std::int64_t>(duration_cast<minutes>(delay).count(), 0), "minutt", "minutter");
}

// A vendor's words are cut where a character ends; a screen line has no room for more.
std::string shortened(std::string_view words) {
  constexpr std::size_t most_bytes = 200;
  if (words.size() <= most_bytes) return std::string(words);
  std::size_t end = most_bytes;
  while (end > 0 && (static_cast<unsigned char>(words[end]) & 0xC0) == 0x80) --end;
  return std::string(words.substr(0, end)) + "…";
}

std::string_view event_word(fhir::EventKind kind) {
  const fhir::EventInfo& event = fhir::info(kind);
  return word_for(event_words, event.name, event.vkp_display.empty() ? "Ukjent hendelse" : event.vkp_display);
}

}  // namespace

std::string_view kind_text(fhir::Kind kind) {
  std::string_view name = fhir::info(kind).name;
  return word_for(kind_words, name, name);
}

std::string_view unit_text(std::string_view ucum, fhir::Kind kind) {
  if (ucum == "/min" && kind != fhir::kinds().respiratory_rate) return "slag/min";
  return word_for(unit_words, ucum, ucum);
}

std::string number_text(const fhir::Decimal& value) {
  return with_decimal_comma(value.text());
}

std::string value_text(const fhir::Decimal& value, adapters::Comparator comparator, std::string_view ucum,
                       fhir::Kind kind) {
  std::string text = std::string(comparator_text(comparator)) + number_text(value);
  std::string_view unit = unit_text(ucum, kind);
  if (!unit.empty()) text.append(" ").append(unit);
  return text;
}

std::string late_text(Time measured, Time received) { return ", mottatt " + delay_text(received - measured) + " etter måling"; }

std::string reading_text(const LimitReading& reading) {
  fhir::Kind measured = reading.component == fhir::Kind::unknown ? reading.kind : reading.component;
  std::string text(kind_text(measured));
  return text + " " + value_text(reading.value, reading.comparator, fhir::info(measured).unit, measured);
}

std::string limit_text(const LimitReading& reading, Time received) {
  std::string text = reading_text(reading);
  if (reading.verdict.limit) text += ", grense " + with_decimal_comma(thresholds::text(*reading.verdict.limit));
  if (reading.late) text += late_text(reading.measured, received);
  return text;
}

std::string event_text(fhir::EventKind kind, std::string_view words, std::string_view location) {
  std::string text(event_word(kind));
  if (!words.empty()) text += ": " + shortened(words);
  if (!location.empty()) text += ", sted: " + shortened(location);
  return text;
}

std::string event_text(const SafetyEvent& event, Time received) {
  std::string text = event_text(event.kind, event.text, event.location);
  if (event.late) text += ", mottatt " + delay_text(received - event.measured) + " etter hendelsen";
  return text;
}

std::string held_text(const HeldReading& held) {
  std::string_view reason = adapters::name(held.reason);
  std::string text = "Melding i karantene (" + std::string(word_for(quarantine_words, reason, reason)) + ")";
  if (held.kind == fhir::Kind::unknown) return text;
  text.append(": ").append(kind_text(held.kind));
  if (held.value) text += " " + value_text(*held.value, adapters::Comparator::none, held.unit, held.kind);
  if (held.would_breach) text += ", ville brutt grensen";
  return text;
}

Coding limit_code() {
  // VKP has no code for a measurement outside its limits; 5.2.1 with the severity is what remains (norway.md 2.6,
  // INFERRED).
  return {std::string(fhir::vkp_alert_code), "5.2.1", "Måledata rapportert"};
}

Coding event_code(fhir::EventKind kind) {
  const fhir::EventInfo& event = fhir::info(kind);
  if (!event.vkp_alert_code.empty()) {
    return {std::string(fhir::vkp_alert_code), std::string(event.vkp_alert_code), std::string(event.vkp_display)};
  }
  return {std::string(alarm_code_system), std::string(event.name), std::string(event_word(kind))};
}

Coding technical_code(std::string_view cause) {
  // A device that sends no more is a reading that is not reported (VKP 5.3.2); what is wrong with a whole source concerns no patient,
  // and VKP's codes all do.
  if (cause == "device-silent") return missing_code();
  if (const fhir::EventKind kind = fhir::event_named(cause); kind != fhir::EventKind::unknown) return event_code(kind);
  return {std::string(alarm_code_system), std::string(cause),
          std::string(word_for(cause_words, cause, "Teknisk varsel"))};
}

Coding missing_code() {
  return {std::string(fhir::vkp_alert_code), "5.3.2", "Måling ikke rapportert"};
}

std::string value_taken_back_text(ObservationId observation) {
  return "Observation/" + observation.text() + " er rettet av avsenderen og har ingen verdi";
}

}  // namespace gateway::alarms
