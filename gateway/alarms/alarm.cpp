#include "gateway/alarms/alarm.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gateway::alarms {
namespace {

constexpr std::array<std::string_view, 5> origin_names{"limit", "rule", "event", "missing", "technical"};

std::string_view name(thresholds::Direction direction) {
  return direction == thresholds::Direction::low ? "low" : "high";
}

}  // namespace

std::string_view name(Origin origin) {
  return origin_names[static_cast<std::size_t>(origin)];
}

std::optional<Origin> origin_named(std::string_view text) {
  auto found = std::find(origin_names.begin(), origin_names.end(), text);
  if (found == origin_names.end()) return std::nullopt;
  return static_cast<Origin>(found - origin_names.begin());
}

std::vector<ObservationId> observations(const Alarm& alarm) {
  std::vector<ObservationId> ids;
  const auto add = [&ids](ObservationId id) {
    if (id && std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  };
  for (const Occurrence& occurrence : alarm.occurrences) add(occurrence.observation);
  for (const Occurrence& occurrence : alarm.occurrences) {
    for (const ObservationId id : occurrence.inputs) add(id);
  }
  return ids;
}

void mark(Alarm& alarm, std::string_view code, std::string text) {
  const auto known = std::find_if(alarm.marks.begin(), alarm.marks.end(), [&](const Mark& one) { return one.code == code; });
  if (text.empty()) {
    if (known != alarm.marks.end()) alarm.marks.erase(known);
  } else if (known == alarm.marks.end()) {
    alarm.marks.push_back({std::string(code), std::move(text)});
  } else {
    known->text = std::move(text);
  }
}

void log(Alarm& alarm, LogEntry entry) {
  alarm.events.push_back(std::move(entry));
  if (alarm.events.size() <= log_kept) return;
  auto own = std::find_if(alarm.events.begin(), alarm.events.end(), [](const LogEntry& line) { return !line.who; });
  if (own != alarm.events.end()) alarm.events.erase(own);
}

Alarm next_version(const Alarm& alarm, const thresholds::Step& step, Time now) {
  Alarm next = alarm;
  ++next.version;
  next.machine = step.next;
  next.announce = step.announce;
  next.updated = now;
  next.former.reset();
  return next;
}

std::string_view composition_event(std::string_view action) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> codes{{{"take", "1"},
                                                                                {"resolve", "3"},
                                                                                {"dispatch", "4"},
                                                                                {"accept-dispatch", "5"},
                                                                                {"hand-over", "9"},
                                                                                {"hand-over-accepted", "9"},
                                                                                {"hand-over-declined", "9"}}};
  for (const auto& [name, code] : codes) {
    if (name == action) return code;
  }
  return {};
}

std::string limit_identity(PatientId patient, std::string_view kind, std::string_view component,
                           thresholds::Direction direction) {
  std::string identity = "limit|" + patient.text();
  identity.append("|").append(kind).append("|").append(component).append("|").append(name(direction));
  return identity;
}

std::string rule_identity(PatientId patient, std::string_view rule) {
  return "rule|" + patient.text() + "|" + std::string(rule);
}

std::string missing_identity(PatientId patient, std::string_view cause) {
  return "missing|" + patient.text() + "|" + std::string(cause);
}

std::string event_identity(PatientId patient, fhir::EventKind kind) {
  return "event|" + patient.text() + "|" + std::string(fhir::info(kind).name);
}

std::string event_identity(std::string_view thing, fhir::EventKind kind) {
  // A patient's id has no slash, so a thing cannot pass for one.
  return "event|device/" + std::string(thing) + "|" + std::string(fhir::info(kind).name);
}

std::string technical_identity(std::string_view cause, std::string_view thing) {
  return "technical|" + std::string(cause) + "|" + std::string(thing);
}

Result<Alarm> alarm_from_stored(const store::Alarm& row) {
  Result<fhir::JsonDocument> document = fhir::JsonDocument::parse(row.document);
  if (!document) return document.error();
  return alarm_from_json(document->root());
}

store::Alarm row(const Alarm& alarm, store::Tenant tenant) {
  store::Alarm stored;
  stored.id = alarm.id;
  stored.version = alarm.version;
  stored.tenant = tenant;
  stored.patient = alarm.patient;
  stored.identity = alarm.identity;
  stored.open = alarm.open();
  stored.severity = static_cast<std::uint8_t>(alarm.machine.severity);
  stored.raised = alarm.raised;
  stored.due = alarm.due;
  stored.document = stored_json(alarm);
  return stored;
}

}  // namespace gateway::alarms
