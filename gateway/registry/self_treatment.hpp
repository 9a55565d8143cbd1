// What a patient is told to do in each zone of the self-treatment plan, read from its FHIR CarePlan; the alarms show it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/alarms/alarm.hpp"
#include "gateway/store/rows.hpp"
#include "thresholds/time.hpp"

namespace gateway::registry {

struct SelfTreatment {
  std::uint32_t version = 0;  // 0: the patient has no plan, or it is not active
  std::string green, yellow, red;  // advice, plain text; empty: none for that zone
  // The plan's period, [from, to); outside it no advice is given. A date begins and ends with its day where the patient lives.
  struct Bound {
    std::optional<fhir::Time> instant;
    std::optional<thresholds::WallTime> wall;
    bool operator==(const Bound&) const = default;
  };
  Bound from, to;

  // `zone` may be null: UTC.
  std::optional<alarms::Advice> advice(thresholds::Severity, fhir::Time now, const thresholds::Zone* zone) const;
  bool operator==(const SelfTreatment&) const = default;
};

SelfTreatment self_treatment_from(const store::CarePlan&);

}  // namespace gateway::registry
