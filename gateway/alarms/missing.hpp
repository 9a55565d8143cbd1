// A reading that was expected and did not come (origin missing). It ends as restored when one comes. Pure.
#pragma once

#include <string>

#include "gateway/alarms/judgement.hpp"
#include "thresholds/rule.hpp"

namespace gateway::alarms {

struct MissedReading {
  std::string tenant;
  PatientId patient;
  std::string rule;  // its id in the plan
  thresholds::Severity severity = thresholds::Severity::normal;
  Coding code;
  std::string text;
  Time deadline{};
  std::uint32_t plan_version = 0;
};

// What else explains that nothing came, of what is known of the patient.
enum class MissingCause : std::uint8_t { not_measured, device, waits_in_quarantine };

// VKP 5.3.1 for a form, 5.3.2 for a measurement, 5.3 (inactive patient) for whatever kind (norway.md 2.6).
Coding missing_code(const thresholds::MissingTest&);
// "Vekt ikke målt 06:00–10:00, 3. gang på rad". Local times of the schedule's zone.
std::string missing_text(const thresholds::MissingTest&, const thresholds::Expectation&, int misses, MissingCause);

std::string identity(const MissedReading&);
AlarmChange apply_missing(const Alarm* open, const MissedReading&, const Judging&);

}  // namespace gateway::alarms
