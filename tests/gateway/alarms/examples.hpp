// One valid alarm input of each kind; a test changes the one thing it is about.
#pragma once

#include <chrono>
#include <string>

#include "gateway/alarms/actions.hpp"
#include "gateway/alarms/judgement.hpp"

namespace gateway::alarms::examples {

using namespace std::chrono_literals;

inline constexpr Time morning = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 7h;
inline constexpr PatientId patient{0x1001};

// Saturation judged against alert_low 88, warning_low 92.
inline LimitReading saturation(int percent, Time measured, std::int64_t observation) {
  LimitReading reading;
  reading.tenant = "bodo";
  reading.patient = patient;
  reading.kind = fhir::kinds().oxygen_saturation;
  reading.value = fhir::Decimal(percent);
  reading.measured = measured;
  reading.observation = ObservationId{observation};
  reading.device = "SN-9";
  reading.limit_version = 3;
  thresholds::Limit limit{"oxygen-saturation", "", thresholds::Number{88, 0}, thresholds::Number{92, 0}, {}, {}};
  reading.verdict = thresholds::judge(limit, {"oxygen-saturation", "", {percent, 0}, thresholds::Comparator::none});
  return reading;
}

inline SafetyEvent press(Time measured) {
  SafetyEvent event;
  event.tenant = "bodo";
  event.patient = patient;
  event.kind = fhir::EventKind::safety_alarm;
  event.measured = measured;
  event.device = "SN-3";
  return event;
}

inline Judging at(Time now, std::int64_t fresh = 0xA1) {
  return {AlarmId{fresh}, now, {}};
}

inline ActionRequest by_kari(thresholds::Action action, std::string note = {}) {
  return {action, std::move(note), "kari", "Kari Vakt"};
}

// A red saturation alarm: 86 % measured at `morning`, committed two seconds later.
inline Alarm red() {
  AlarmChange change =
      apply_limit(nullptr, thresholds::Direction::low, saturation(86, morning, 0xB1), at(morning + 2s));
  return *change.alarm;
}

}  // namespace gateway::alarms::examples
