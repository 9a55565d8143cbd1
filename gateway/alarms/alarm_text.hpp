// Words an alarm speaks to people in: Norwegian bokmål, decimal comma, unit after a space (clinical.md section 6). The
// vocabulary is "varsel" for readings and "alarm" for safety devices.
#pragma once

#include <string>
#include <string_view>

#include "gateway/alarms/judgement.hpp"

namespace gateway::alarms {

std::string_view kind_text(fhir::Kind);                         // "SpO2", "Systolisk blodtrykk"
std::string_view unit_text(std::string_view ucum, fhir::Kind);  // "%", "slag/min"; empty when nothing is said
std::string number_text(const fhir::Decimal&);                  // "2,0"

std::string value_text(const fhir::Decimal&, adapters::Comparator, std::string_view ucum, fhir::Kind);  // "> 33,3 mmol/L"
// ", mottatt 3 timer etter måling"
std::string late_text(Time measured, Time received);
std::string reading_text(const LimitReading&);  // "SpO2 86 %"
// "SpO2 86 %, grense 88"; with ", mottatt 3 timer etter måling" when it came late.
std::string limit_text(const LimitReading&, Time received);
std::string event_text(const SafetyEvent&, Time received);
// What happened, with the sender's words and place: "Fall: gulv, sted: bad".
std::string event_text(fhir::EventKind, std::string_view words, std::string_view location);
std::string held_text(const HeldReading&);

Coding limit_code();
Coding event_code(fhir::EventKind);
Coding technical_code(std::string_view cause);
Coding missing_code();
// A correction says that there was no value after all.
std::string value_taken_back_text(ObservationId);

}  // namespace gateway::alarms
