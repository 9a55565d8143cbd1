// One row for each patient and not for each alarm: the open alarms of a patient as one case with one summary, and the order of a
// response centre's list (clinical.md 5.4). For the screen only (design.md section 7): nothing of it is stored. Pure.
#pragma once

#include <string>
#include <vector>

#include "gateway/alarms/alarm.hpp"

namespace gateway::alarms {

struct PatientCase {
  // What has a list of its own; a case is of the first of these that any of its alarms is of.
  enum class Class : std::uint8_t { safety, clinical, missing, technical } of = Class::clinical;
  std::string id;             // the patient's id; of an alarm without patient, which is a case by itself, the alarm's
  std::vector<Alarm> alarms;  // worst first, of equals the one that came first
  AlarmId first;              // the one that came first of all ("first-out")

  const Alarm& worst() const { return alarms.front(); }
};

std::string_view name(PatientCase::Class);

// Cases of open alarms, sorted as they are to be looked at: safety alarms on top whatever else there is, then by severity, unowned before
// owned, oldest first; what is technical alone comes last. Alarms of one tenant; resolved ones are left out.
std::vector<PatientCase> cases_of(std::vector<Alarm> open);

// "Vekt steget 2,4 kg på 3 dager · SpO2 88 %, grense 90 og 2 til": what is worst is said first.
std::string summary(const PatientCase&);
// VKP 5.1, "Oppsummerende varsel", for several alarms; one alarm's own otherwise.
Coding code(const PatientCase&);
// The least handled: somebody has to act on it while any of its alarms waits.
thresholds::State state(const PatientCase&);
std::string shown_json(const PatientCase&);

}  // namespace gateway::alarms
