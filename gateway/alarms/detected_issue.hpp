// An alarm as FHIR R4 DetectedIssue, the finding (design.md section 7). Sent by `send: [alarms]`.
#pragma once

#include <string>
#include <string_view>

#include "gateway/alarms/alarm.hpp"

namespace gateway::alarms {

inline constexpr std::string_view severity_system = "urn:hjemport:alarm-severity";
inline constexpr std::string_view severity_extension = "urn:hjemport:alarm-severity-level";
inline constexpr std::string_view vkp_severity_system = "http://ehelse.no/fhir/CodeSystem/vkp-severity-level-v090";

struct IssueContext {
  std::string_view patient_system, patient_value;  // the patient's identifier; empty when there is none
  std::string_view gateway = "hjemport";           // identifier of the gateway's Device
};

std::string detected_issue(const Alarm&, const IssueContext&);

}  // namespace gateway::alarms
