#include "gateway/alarms/detected_issue.hpp"

#include <algorithm>

#include "fhir/json_writer.hpp"
#include "fhir/observation.hpp"

namespace gateway::alarms {
namespace {

using fhir::JsonWriter;

struct VkpLevel {
  std::string_view code, display, issue_severity;
};

// vkp-severity-level-v090, displays as published (norway.md 2.6); the mapping to DetectedIssue.severity is design.md
// section 7.
VkpLevel level(thresholds::Severity severity) {
  switch (severity) {
    case thresholds::Severity::normal:
      return {"10", "Normal", "low"};
    case thresholds::Severity::moderate:
      return {"20", "Moderat", "moderate"};
    case thresholds::Severity::severe:
      return {"30", "Alvorlig", "high"};
    case thresholds::Severity::critical:
      return {"40", "Kritisk", "high"};
  }
  return {"40", "Kritisk", "high"};
}

void write_coding(JsonWriter& writer, std::string_view system, std::string_view code, std::string_view display) {
  writer.begin_object().member("system", system).member("code", code).member_if("display", display).end_object();
}

// VKP's own extension belongs to Flag and cannot legally stand on DetectedIssue (norway.md 2.6), so the level has one
// of ours.
void write_level(JsonWriter& writer, thresholds::Severity severity) {
  VkpLevel vkp = level(severity);
  writer.key("extension").begin_array().begin_object().member("url", severity_extension);
  writer.key("valueCodeableConcept").begin_object().key("coding").begin_array();
  write_coding(writer, severity_system, thresholds::name(severity), {});
  write_coding(writer, vkp_severity_system, vkp.code, vkp.display);
  writer.end_array().end_object().end_object().end_array();
}

void write_identifier(JsonWriter& writer, std::string_view system, std::string_view value) {
  writer.key("identifier").begin_object().member_if("system", system).member("value", value).end_object();
}

void write_patient(JsonWriter& writer, const Alarm& alarm, const IssueContext& context) {
  if (!alarm.patient) return;
  writer.key("patient").begin_object().member("reference", "Patient/" + alarm.patient.text()).member("type", "Patient");
  if (!context.patient_value.empty()) write_identifier(writer, context.patient_system, context.patient_value);
  writer.end_object();
}

void write_implicated(JsonWriter& writer, const Alarm& alarm) {
  std::vector<ObservationId> readings = observations(alarm);
  if (readings.empty() && alarm.device.empty()) return;
  writer.key("implicated").begin_array();
  for (ObservationId id : readings) {
    writer.begin_object().member("reference", "Observation/" + id.text()).member("type", "Observation").end_object();
  }
  // Only where no Observation names the device: a press, a silent device.
  if (readings.empty()) {
    writer.begin_object().member("type", "Device");
    write_identifier(writer, fhir::device_identifier_system, alarm.device);
    writer.end_object();
  }
  writer.end_array();
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

void write_mitigation(JsonWriter& writer, const Alarm& alarm) {
  if (alarm.open() || alarm.closing.empty()) return;
  auto closed = std::find_if(alarm.events.rbegin(), alarm.events.rend(),
                             [&](const LogEntry& entry) { return entry.action == alarm.closing; });
  if (closed == alarm.events.rend()) return;
  std::string_view otherwise = closed->who ? "Avsluttet" : "Årsaken er borte";
  writer.key("mitigation").begin_array().begin_object();
  writer.key("action").begin_object();
  writer.member("text", is_blank(closed->note) ? otherwise : std::string_view(closed->note)).end_object();
  writer.member("date", fhir::utc_millis_text(closed->at));
  // By name only: a person's id may be a national number, which no identifier of ours carries (invariant 12).
  if (closed->who && !is_blank(closed->who->name)) {
    writer.key("author").begin_object().member("display", closed->who->name).end_object();
  }
  writer.end_object().end_array();
}

std::string detail(const Alarm& alarm) {
  std::string text = alarm.reason.text;
  if (!alarm.contact.empty()) text.append(text.empty() ? "" : "; ").append("ring tilbake: ").append(alarm.contact);
  return text;
}

}  // namespace

std::string detected_issue(const Alarm& alarm, const IssueContext& context) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().member("resourceType", "DetectedIssue").member("id", alarm.id.text());
  writer.key("meta").begin_object().member("versionId", std::to_string(alarm.version));
  writer.member("lastUpdated", fhir::utc_millis_text(alarm.updated)).end_object();
  write_level(writer, alarm.machine.severity);
  writer.key("identifier").begin_array().begin_object().member("system", fhir::alarm_identifier_system);
  writer.member("value", alarm.id.text()).end_object().end_array();
  writer.member("status", "final");
  writer.key("code").begin_object().key("coding").begin_array();
  write_coding(writer, alarm.code.system, alarm.code.code, alarm.code.display);
  writer.end_array().end_object();
  writer.member("severity", level(alarm.machine.severity).issue_severity);
  write_patient(writer, alarm, context);
  writer.member("identifiedDateTime", fhir::utc_millis_text(alarm.measured));
  writer.key("author").begin_object().member("type", "Device");
  write_identifier(writer, fhir::device_identifier_system, context.gateway);
  writer.member("display", "Hjemport").end_object();
  write_implicated(writer, alarm);
  writer.member_if("detail", detail(alarm));
  write_mitigation(writer, alarm);
  writer.end_object();
  return out;
}

}  // namespace gateway::alarms
