#include "gateway/alarms/patient_case.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "fhir/json_writer.hpp"
#include "fhir/kinds.hpp"

namespace gateway::alarms {
namespace {

using Class = PatientCase::Class;

constexpr std::size_t said_at_most = 3;

Class class_of(const Alarm& alarm) {
  switch (alarm.origin) {
    case Origin::event:
      return Class::safety;
    case Origin::missing:
      return Class::missing;
    case Origin::technical:
      return Class::technical;
    case Origin::limit:
    case Origin::rule:
      break;
  }
  return Class::clinical;
}

int handled(thresholds::State state) {
  switch (state) {
    case thresholds::State::raised:
      return 0;
    case thresholds::State::acknowledged:
      return 1;
    case thresholds::State::snoozed:
      return 2;
    case thresholds::State::in_progress:
      return 3;
    case thresholds::State::dispatched:
      return 4;
    case thresholds::State::accepted:
      return 5;
    case thresholds::State::resolved:
      break;
  }
  return 6;
}

// A safety alarm is said before anything else of its case, like its case before any other.
auto place_in_case(const Alarm& alarm) {
  return std::tuple(class_of(alarm) != Class::safety, -static_cast<int>(alarm.machine.severity), alarm.raised, alarm.id);
}

auto place_in_list(const PatientCase& one) {
  const int group = one.of == Class::safety ? 0 : one.of == Class::technical ? 2 : 1;
  thresholds::Severity severity = thresholds::Severity::normal;
  bool owned = true;
  Time raised = Time::max();
  for (const Alarm& alarm : one.alarms) {
    severity = std::max(severity, alarm.machine.severity);
    owned = owned && alarm.owner.has_value();
    raised = std::min(raised, alarm.raised);
  }
  return std::tuple(group, -static_cast<int>(severity), owned, raised, std::string_view(one.id));
}

template <class T>
void member_or_null(fhir::JsonWriter& writer, std::string_view key, const std::optional<T>& value) {
  writer.key(key);
  if (value) {
    writer.value(*value);
  } else {
    writer.null();
  }
}

std::optional<std::string> time_text(const std::optional<Time>& time) {
  return time ? std::optional(fhir::utc_millis_text(*time)) : std::nullopt;
}

void write_person(fhir::JsonWriter& writer, std::string_view key, const std::optional<Person>& person) {
  writer.key(key);
  if (!person) {
    writer.null();
    return;
  }
  writer.begin_object().member("client", person->client).member("id", person->id).member("name", person->name).end_object();
}

void write_alarms(fhir::JsonWriter& writer, const std::vector<Alarm>& alarms) {
  writer.key("alarms").begin_array();
  for (const Alarm& alarm : alarms) {
    writer.begin_object().member("id", alarm.id.text()).member("version", static_cast<std::int64_t>(alarm.version));
    writer.member("origin", name(alarm.origin)).member("severity", thresholds::name(alarm.machine.severity));
    writer.member("state", thresholds::name(alarm.machine.state)).member("raised", fhir::utc_millis_text(alarm.raised));
    writer.member("text", alarm.reason.text);
    write_person(writer, "owner", alarm.owner);
    writer.end_object();
  }
  writer.end_array();
}

}  // namespace

std::string_view name(Class of) {
  static constexpr std::array<std::string_view, 4> names{"safety", "clinical", "missing", "technical"};
  return names[static_cast<std::size_t>(of)];
}

std::vector<PatientCase> cases_of(std::vector<Alarm> open) {
  std::map<std::string, PatientCase> by_id;
  for (Alarm& alarm : open) {
    if (!alarm.open()) continue;
    std::string id = alarm.patient ? alarm.patient.text() : alarm.id.text();
    PatientCase& one = by_id[id];
    one.id = std::move(id);
    one.alarms.push_back(std::move(alarm));
  }
  std::vector<PatientCase> cases;
  cases.reserve(by_id.size());
  for (auto& [id, one] : by_id) {
    std::sort(one.alarms.begin(), one.alarms.end(), [](const Alarm& a, const Alarm& b) { return place_in_case(a) < place_in_case(b); });
    one.of = Class::technical;
    const Alarm* first = &one.alarms.front();
    for (const Alarm& alarm : one.alarms) {
      one.of = std::min(one.of, class_of(alarm));
      if (std::tuple(alarm.raised, alarm.id) < std::tuple(first->raised, first->id)) first = &alarm;
    }
    one.first = first->id;
    cases.push_back(std::move(one));
  }
  std::sort(cases.begin(), cases.end(), [](const PatientCase& a, const PatientCase& b) { return place_in_list(a) < place_in_list(b); });
  return cases;
}

std::string summary(const PatientCase& one) {
  std::string text;
  for (std::size_t i = 0; i < std::min(said_at_most, one.alarms.size()); ++i) {
    if (i > 0) text += " · ";
    text += one.alarms[i].reason.text;
  }
  if (one.alarms.size() > said_at_most) text += " og " + std::to_string(one.alarms.size() - said_at_most) + " til";
  return text;
}

Coding code(const PatientCase& one) {
  if (one.alarms.size() == 1) return one.worst().code;
  return {std::string(fhir::vkp_alert_code), "5.1", "Oppsummerende varsel"};
}

thresholds::State state(const PatientCase& one) {
  return std::min_element(one.alarms.begin(), one.alarms.end(), [](const Alarm& a, const Alarm& b) {
           return handled(a.machine.state) < handled(b.machine.state);
         })->machine.state;
}

std::string shown_json(const PatientCase& one) {
  thresholds::Severity severity = thresholds::Severity::normal;
  Time raised = Time::max(), measured = Time::min();
  std::optional<Time> deadline;
  std::vector<Person> owners;
  std::vector<Mark> marks;
  for (const Alarm& alarm : one.alarms) {
    severity = std::max(severity, alarm.machine.severity);
    raised = std::min(raised, alarm.raised);
    measured = std::max(measured, alarm.measured);
    if (alarm.deadline && (!deadline || *alarm.deadline < *deadline)) deadline = alarm.deadline;
    if (alarm.owner && std::find(owners.begin(), owners.end(), *alarm.owner) == owners.end()) owners.push_back(*alarm.owner);
    for (const Mark& mark : alarm.marks) {
      if (std::find(marks.begin(), marks.end(), mark) == marks.end()) marks.push_back(mark);
    }
  }
  const bool all_owned = std::all_of(one.alarms.begin(), one.alarms.end(), [](const Alarm& alarm) { return alarm.owner.has_value(); });
  const Coding coding = code(one);
  std::string out;
  fhir::JsonWriter writer(out);
  writer.begin_object().member("id", one.id).member("tenant", one.worst().tenant);
  member_or_null(writer, "patient", one.worst().patient ? std::optional(one.worst().patient.text()) : std::nullopt);
  writer.member("class", name(one.of)).key("code").begin_object();
  writer.member("system", coding.system).member("code", coding.code).member("display", coding.display).end_object();
  writer.member("severity", thresholds::name(severity)).member("colour", thresholds::name(thresholds::colour_of(severity)));
  writer.member("state", thresholds::name(state(one))).member("summary", summary(one)).member("first", one.first.text());
  writer.member("raised", fhir::utc_millis_text(raised)).member("measured", fhir::utc_millis_text(measured));
  member_or_null(writer, "deadline", time_text(deadline));
  write_person(writer, "owner", all_owned && owners.size() == 1 ? std::optional(owners.front()) : std::nullopt);
  writer.member("owners", static_cast<std::int64_t>(owners.size()));
  if (!marks.empty()) {
    writer.key("marks").begin_array();
    for (const Mark& mark : marks) writer.begin_object().member("code", mark.code).member("text", mark.text).end_object();
    writer.end_array();
  }
  write_alarms(writer, one.alarms);
  writer.end_object();
  return out;
}

}  // namespace gateway::alarms
