#include "gateway/ingest/event_finding.hpp"

#include "gateway/alarms/alarm_text.hpp"

namespace gateway::ingest {
namespace {

// The content is read once for all its members.
struct Content {
  explicit Content(const store::Event& row) : document(fhir::JsonDocument::parse(row.content)) {}
  std::string text(std::string_view name) const {
    if (!document) return {};
    return std::string(document->root()[name].text().value_or(""));
  }
  bool flag(std::string_view name) const {
    if (!document) return false;
    const auto set = document->root()[name].as_boolean();
    return set && *set;
  }
  // The sender's words, and what was wrong with the event as it came.
  std::string words() const {
    std::string text_and_note = text("text");
    if (const std::string note = text("note"); !note.empty())
      text_and_note.append(text_and_note.empty() ? "" : " ").append("(").append(note).append(")");
    return text_and_note;
  }

  fhir::Result<fhir::JsonDocument> document;
};

alarms::TechnicalCause technical_cause(const store::Event& row, const Content& content, PatientId patient,
                                       const SourceFacts& source) {
  const fhir::EventInfo& kind = fhir::info(row.kind);
  alarms::TechnicalCause cause;
  cause.tenant = source.tenant;
  cause.patient = patient;
  cause.cause = kind.name;
  cause.thing = alarms::used_by(thing_of(row, source), patient);
  cause.text = alarms::event_text(row.kind, content.words(), content.text("location"));
  if (kind.technical == fhir::Technical::severe) cause.severity = thresholds::Severity::severe;
  cause.measured = row.measured;
  cause.device = content.text("device");
  cause.contact = content.text("contact");
  return cause;
}

alarms::SafetyEvent safety_event(const store::Event& row, const Content& content, PatientId patient,
                                 const SourceFacts& source) {
  alarms::SafetyEvent event;
  event.tenant = source.tenant;
  event.patient = patient;
  event.thing = thing_of(row, source);
  event.kind = row.kind;
  event.measured = row.measured;
  event.device = content.text("device");
  event.location = content.text("location");
  event.contact = content.text("contact");
  event.text = content.words();
  return event;
}

std::string_view controller_of(std::string_view device) {
  return device.substr(0, device.find('/'));
}

}  // namespace

EventFinding event_finding(const store::Event& row, PatientId patient, const SourceFacts& source, fhir::Time now,
                           const JudgeSettings& settings) {
  const fhir::EventInfo& kind = fhir::info(row.kind);
  const Content content(row);
  const auto age = now - row.measured;
  if (kind.technical != fhir::Technical::no) {
    alarms::TechnicalCause cause = technical_cause(row, content, patient, source);
    cause.late = age > settings.late_after;
    cause.past_horizon = age > settings.alarm_horizon;
    return cause;
  }
  if (!kind.safety && !content.flag("alarm")) return std::monostate();
  alarms::SafetyEvent event = safety_event(row, content, patient, source);
  event.late = age > settings.late_after;
  return event;
}

std::string thing_of(const store::Event& row, const SourceFacts& source) {
  return source.id + "/" + (row.subject.empty() ? "unknown" : row.subject);
}

std::string content_text(const store::Event& row, std::string_view name) {
  return Content(row).text(name);
}

std::string event_words(const store::Event& row) {
  const Content content(row);
  return content.words().empty() ? alarms::event_text(row.kind, {}, {}) : content.words();
}

bool same_home(std::string_view device, std::string_view other) {
  return device.empty() || other.empty() || controller_of(device) == controller_of(other);
}

}  // namespace gateway::ingest
