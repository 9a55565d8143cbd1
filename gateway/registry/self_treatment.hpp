// What a patient is told to do in each zone of the self-treatment plan, read from its FHIR CarePlan; the alarms show it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/alarms/alarm.hpp"
#include "gateway/store/rows.hpp"

namespace gateway::registry {

struct SelfTreatment {
  std::uint32_t version = 0;  // 0: the patient has no plan, or it is not active
  std::string green, yellow, red;  // advice, plain text; empty: none for that zone
  // The plan's period, [from, to) by instant; outside it no advice is given.
  std::optional<fhir::Time> from, to;

  std::optional<alarms::Advice> advice(thresholds::Severity, fhir::Time now) const;
  bool operator==(const SelfTreatment&) const = default;
};

SelfTreatment self_treatment_from(const store::CarePlan&);

}  // namespace gateway::registry
