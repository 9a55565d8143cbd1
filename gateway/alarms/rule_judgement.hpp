// What a rule says of a reading does to the rule's alarm: judgement.hpp for conditions. One alarm per patient and rule. Pure.
#pragma once

#include <string>
#include <vector>

#include "gateway/alarms/judgement.hpp"
#include "thresholds/rule_set.hpp"

namespace gateway::alarms {

struct RuleReading {
  std::string tenant;
  PatientId patient;
  const thresholds::Rule* rule = nullptr;  // for the length of the call
  thresholds::Verdict verdict;
  thresholds::Evidence evidence;
  // The reading that made the rule be judged; its own value, where it is a number.
  fhir::Kind kind{};
  std::optional<fhir::Decimal> value;
  Time measured{};
  ObservationId observation;
  std::vector<ObservationId> inputs;  // the others the verdict rests on
  std::string device;                 // vendor's device id as given
  std::uint32_t plan_version = 0;
  bool late = false, superseded = false, past_horizon = false;
  bool doubled_hour = false;
};

std::string identity(const RuleReading&);
AlarmChange apply_rule(const Alarm* open, const RuleReading&, const Judging&);

}  // namespace gateway::alarms
