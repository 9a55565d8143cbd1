// Writing and reading an alarm. The shown members and their order are the contract (design.md section 7); the stored
// form has one more, "internal".
#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "fhir/json_writer.hpp"
#include "gateway/alarms/alarm.hpp"

namespace gateway::alarms {
namespace {

using fhir::JsonValue;
using fhir::JsonWriter;

constexpr std::array<std::string_view, 4> bound_names{"alert_low", "warning_low", "warning_high", "alert_high"};

// ---- writing

void text_or_null(JsonWriter& writer, std::string_view key, std::string_view text) {
  writer.key(key);
  if (text.empty()) {
    writer.null();
  } else {
    writer.value(text);
  }
}

void time_member(JsonWriter& writer, std::string_view key, const std::optional<Time>& time) {
  writer.key(key);
  if (time) {
    writer.value(fhir::utc_millis_text(*time));
  } else {
    writer.null();
  }
}

void decimal_member(JsonWriter& writer, std::string_view key, const std::optional<fhir::Decimal>& value) {
  writer.key(key);
  if (value) {
    writer.value(*value);
  } else {
    writer.null();
  }
}

// The form every answer uses for an observation.
std::string reference(ObservationId id) {
  return id ? "Observation/" + id.text() : std::string();
}

void write_person(JsonWriter& writer, std::string_view key, const std::optional<Person>& person) {
  writer.key(key);
  if (!person) {
    writer.null();
    return;
  }
  writer.begin_object();
  writer.member("client", person->client).member("id", person->id).member("name", person->name);
  writer.end_object();
}

void write_reason(JsonWriter& writer, const Reason& reason) {
  writer.key("reason").begin_object().member("rule", reason.rule).key("version");
  if (reason.version) {
    writer.value(*reason.version);
  } else {
    writer.null();
  }
  writer.member("text", reason.text);
  decimal_member(writer, "limit", reason.limit);
  decimal_member(writer, "value", reason.value);
  text_or_null(writer, "unit", reason.unit);
  writer.end_object();
}

enum class Form : std::uint8_t { shown, stored };

void write_occurrences(JsonWriter& writer, const Alarm& alarm, Form form) {
  writer.key("occurrences").begin_array();
  for (const Occurrence& occurrence : alarm.occurrences) {
    writer.begin_object();
    time_member(writer, "at", occurrence.at);
    time_member(writer, "measured", occurrence.measured);
    text_or_null(writer, "observation", reference(occurrence.observation));
    decimal_member(writer, "value", occurrence.value);
    text_or_null(writer, "unit", occurrence.unit);
    if (form == Form::stored && !occurrence.inputs.empty()) {
      writer.key("inputs").begin_array();
      for (ObservationId id : occurrence.inputs) writer.value(reference(id));
      writer.end_array();
    }
    writer.end_object();
  }
  writer.end_array();
  writer.key("observations").begin_array();
  for (ObservationId id : observations(alarm)) writer.value(reference(id));
  writer.end_array();
}

void write_coding(JsonWriter& writer, std::string_view key, const std::optional<Coding>& coding) {
  if (!coding) return;
  writer.key(key).begin_object();
  writer.member("system", coding->system).member("code", coding->code).member("display", coding->display).end_object();
}

void write_follow_up(JsonWriter& writer, const LogEntry& entry) {
  writer.member_if("event", composition_event(entry.action));
  write_coding(writer, "cause", entry.cause);
  write_coding(writer, "measure", entry.measure);
  writer.member_if("organization", entry.organization);
  if (entry.level != 0) writer.member("level", static_cast<std::int64_t>(entry.level));
}

void write_events(JsonWriter& writer, const std::vector<LogEntry>& events, Form form) {
  writer.key("events").begin_array();
  for (const LogEntry& entry : events) {
    writer.begin_object();
    time_member(writer, "at", entry.at);
    write_person(writer, "who", entry.who);
    writer.member("action", entry.action);
    text_or_null(writer, "note", entry.note);
    if (form == Form::stored) write_follow_up(writer, entry);
    writer.end_object();
  }
  writer.end_array();
}

void write_marks(JsonWriter& writer, const Alarm& alarm) {
  if (!alarm.marks.empty()) {
    writer.key("marks").begin_array();
    for (const Mark& mark : alarm.marks) writer.begin_object().member("code", mark.code).member("text", mark.text).end_object();
    writer.end_array();
  }
  if (!alarm.advice) return;
  writer.key("advice").begin_object().member("zone", thresholds::name(thresholds::colour_of(alarm.machine.severity)));
  writer.member("text", alarm.advice->text).member("plan_version", static_cast<std::int64_t>(alarm.advice->version)).end_object();
}

void write_shown(JsonWriter& writer, const Alarm& alarm, Form form) {
  const thresholds::AlarmState& machine = alarm.machine;
  writer.member("id", alarm.id.text()).member("version", static_cast<std::int64_t>(alarm.version));
  writer.member("tenant", alarm.tenant);
  text_or_null(writer, "patient", alarm.patient ? alarm.patient.text() : std::string());
  writer.member("origin", name(alarm.origin));
  writer.key("code").begin_object();
  writer.member("system", alarm.code.system).member("code", alarm.code.code).member("display", alarm.code.display);
  writer.end_object();
  writer.member("severity", thresholds::name(machine.severity));
  writer.member("colour", thresholds::name(thresholds::colour_of(machine.severity)));
  writer.member("state", thresholds::name(machine.state));
  writer.member("announce", alarm.announce).member("late", alarm.late).member("superseded", alarm.superseded);
  time_member(writer, "raised", alarm.raised);
  time_member(writer, "measured", alarm.measured);
  write_reason(writer, alarm.reason);
  writer.member("occurrence_count", alarm.occurrence_count);
  write_occurrences(writer, alarm, form);
  text_or_null(writer, "device", alarm.device);
  text_or_null(writer, "contact", alarm.contact);
  write_person(writer, "owner", alarm.owner);
  time_member(writer, "deadline", alarm.deadline);
  write_events(writer, alarm.events, form);
  write_marks(writer, alarm);
}

// Whole microseconds: the machine compares these with readings' times, which a text in milliseconds would not survive.
std::int64_t micros(Time time) {
  return time.time_since_epoch().count();
}

void write_timing(JsonWriter& writer, const Alarm& alarm) {
  const Timing& timing = alarm.timing;
  if (timing != Timing{}) {
    writer.key("timing").begin_object().member("clock", thresholds::name(timing.clock)).member("since", micros(timing.since));
    writer.member("level", static_cast<std::int64_t>(timing.level)).member("stepped", micros(timing.stepped));
    if (timing.call_at_opening) writer.member("call_at_opening", micros(*timing.call_at_opening));
    writer.end_object();
  }
  if (alarm.due) writer.member("due", micros(*alarm.due));
}

void write_responsibility(JsonWriter& writer, const Alarm& alarm) {
  if (alarm.offer) {
    writer.key("offer").begin_object();
    write_person(writer, "from", alarm.offer->from);
    writer.member("organization", alarm.offer->organization).member("name", alarm.offer->name).end_object();
  }
  writer.member_if("responsible", alarm.responsible);
  if (alarm.responsible_until) writer.member("responsible_until", micros(*alarm.responsible_until));
  if (alarm.handed_over) writer.member("handed_over", true);
  if (alarm.former) writer.member("former", *alarm.former);
  if (alarm.called_in.empty()) return;
  writer.key("called_in").begin_array();
  for (const std::string& client : alarm.called_in) writer.value(client);
  writer.end_array();
}

void write_internal(JsonWriter& writer, const Alarm& alarm) {
  const thresholds::AlarmState& machine = alarm.machine;
  writer.key("internal").begin_object();
  writer.member("identity", alarm.identity).member("updated", micros(alarm.updated)).member("closing", alarm.closing);
  writer.member("called", thresholds::name(machine.called));
  if (machine.bound) writer.member("bound", bound_names[static_cast<std::size_t>(*machine.bound)]);
  if (machine.worst) {
    writer.member("worst", machine.worst->coefficient).member("worst_scale", machine.worst->scale);
  }
  writer.member("low", machine.direction == thresholds::Direction::low);
  writer.member("back_to_normal", machine.back_to_normal).member("announced", machine.announced);
  if (machine.acknowledged_at) writer.member("acknowledged_at", micros(*machine.acknowledged_at));
  writer.member("latest_measured", micros(machine.latest_measured));
  if (machine.snoozed_until) {
    writer.member("snoozed_until", micros(*machine.snoozed_until));
    writer.member("snoozed_from", thresholds::name(machine.snoozed_from));
  }
  write_timing(writer, alarm);
  write_responsibility(writer, alarm);
  writer.end_object();
}

// ---- reading

// Collects the first fault instead of testing at each member; what is read after it is not used.
class Reading {
 public:
  template <class T>
  T take(Result<T> result) {
    if (result) return std::move(*result);
    if (!fault_) fault_ = result.error();
    return T{};
  }
  template <class T>
  T take(const std::optional<T>& value, JsonValue at) {
    if (value) return *value;
    if (!fault_) fault_ = fhir::internal(at.path() + ": not a known value");
    return T{};
  }

  std::string text(JsonValue value) { return std::string(take(value.as_string())); }
  std::string optional_text(JsonValue value) { return value.is_null() ? std::string() : text(value); }
  std::int64_t integer(JsonValue value) { return take(value.as_integer()); }
  bool boolean(JsonValue value) { return take(value.as_boolean()); }
  Time time(JsonValue value) { return take(fhir::DateTime::parse(take(value.as_string()))).utc; }
  Time exact_time(JsonValue value) { return Time(std::chrono::microseconds(integer(value))); }
  std::optional<Time> optional_time(JsonValue value) {
    if (value.is_null()) return std::nullopt;
    return time(value);
  }
  std::optional<fhir::Decimal> optional_decimal(JsonValue value) {
    if (value.is_null()) return std::nullopt;
    return take(value.as_decimal());
  }
  std::optional<Person> optional_person(JsonValue value) {
    if (value.is_null()) return std::nullopt;
    return Person{text(value["client"]), text(value["id"]), text(value["name"])};
  }
  std::optional<Coding> optional_coding(JsonValue value) {
    if (value.is_null()) return std::nullopt;
    return Coding{text(value["system"]), text(value["code"]), text(value["display"])};
  }
  std::optional<Time> optional_exact_time(JsonValue value) {
    if (value.is_null()) return std::nullopt;
    return exact_time(value);
  }
  ObservationId observation(JsonValue value) {
    if (value.is_null()) return {};
    std::string_view reference_text = take(value.as_string());
    constexpr std::string_view type = "Observation/";
    if (reference_text.substr(0, type.size()) == type) reference_text.remove_prefix(type.size());
    return take(ObservationId::parse(reference_text), value);
  }
  const std::optional<fhir::Error>& fault() const { return fault_; }

 private:
  std::optional<fhir::Error> fault_;
};

void read_reason(Reading& read, JsonValue json, Reason& reason) {
  reason.rule = read.text(json["rule"]);
  if (!json["version"].is_null()) reason.version = read.integer(json["version"]);
  reason.text = read.text(json["text"]);
  reason.limit = read.optional_decimal(json["limit"]);
  reason.value = read.optional_decimal(json["value"]);
  reason.unit = read.optional_text(json["unit"]);
}

void read_lists(Reading& read, JsonValue json, Alarm& alarm) {
  for (JsonValue each : json["occurrences"]) {
    Occurrence& occurrence = alarm.occurrences.emplace_back();
    occurrence.at = read.time(each["at"]);
    occurrence.measured = read.time(each["measured"]);
    occurrence.observation = read.observation(each["observation"]);
    occurrence.value = read.optional_decimal(each["value"]);
    occurrence.unit = read.optional_text(each["unit"]);
    for (JsonValue input : each["inputs"]) occurrence.inputs.push_back(read.observation(input));
  }
  for (JsonValue each : json["events"]) {
    LogEntry& entry = alarm.events.emplace_back();
    entry.at = read.time(each["at"]);
    entry.who = read.optional_person(each["who"]);
    entry.action = read.text(each["action"]);
    entry.note = read.optional_text(each["note"]);
    entry.cause = read.optional_coding(each["cause"]);
    entry.measure = read.optional_coding(each["measure"]);
    entry.organization = read.optional_text(each["organization"]);
    if (JsonValue level = each["level"]; !level.absent()) entry.level = static_cast<int>(read.integer(level));
  }
}

void read_marks(Reading& read, JsonValue json, Alarm& alarm) {
  for (JsonValue each : json["marks"]) alarm.marks.push_back({read.text(each["code"]), read.text(each["text"])});
  if (JsonValue advice = json["advice"]; !advice.absent()) {
    alarm.advice = Advice{read.text(advice["text"]), static_cast<std::uint32_t>(read.integer(advice["plan_version"]))};
  }
}

void read_machine(Reading& read, JsonValue json, thresholds::AlarmState& machine) {
  JsonValue internal = json["internal"];
  machine.state = read.take(thresholds::state_named(read.text(json["state"])), json["state"]);
  machine.severity = read.take(thresholds::severity_named(read.text(json["severity"])), json["severity"]);
  machine.called = read.take(thresholds::severity_named(read.text(internal["called"])), internal["called"]);
  if (JsonValue bound = internal["bound"]; !bound.absent()) {
    auto found = std::find(bound_names.begin(), bound_names.end(), read.text(bound));
    std::optional<thresholds::Bound> named;
    if (found != bound_names.end()) named = static_cast<thresholds::Bound>(found - bound_names.begin());
    machine.bound = read.take(named, bound);
  }
  if (JsonValue worst = internal["worst"]; !worst.absent()) {
    machine.worst = thresholds::Number{read.integer(worst), static_cast<int>(read.integer(internal["worst_scale"]))};
  }
  machine.direction = read.boolean(internal["low"]) ? thresholds::Direction::low : thresholds::Direction::high;
  machine.back_to_normal = read.boolean(internal["back_to_normal"]);
  machine.announced = read.boolean(internal["announced"]);
  if (JsonValue at = internal["acknowledged_at"]; !at.absent()) machine.acknowledged_at = read.exact_time(at);
  machine.latest_measured = read.exact_time(internal["latest_measured"]);
  machine.snoozed_until = read.optional_exact_time(internal["snoozed_until"]);
  if (JsonValue from = internal["snoozed_from"]; !from.absent()) {
    machine.snoozed_from = read.take(thresholds::state_named(read.text(from)), from);
  }
  machine.handing_over = internal["offer"].is_object();
}

// What alarms stored by an earlier version do not have: timers/alarm_watch gives it to them at the start.
void read_timing(Reading& read, JsonValue internal, Alarm& alarm) {
  alarm.due = read.optional_exact_time(internal["due"]);
  JsonValue timing = internal["timing"];
  if (timing.absent()) return;
  alarm.timing.clock = read.take(thresholds::clock_named(read.text(timing["clock"])), timing["clock"]);
  alarm.timing.since = read.exact_time(timing["since"]);
  alarm.timing.level = static_cast<int>(read.integer(timing["level"]));
  alarm.timing.stepped = read.exact_time(timing["stepped"]);
  alarm.timing.call_at_opening = read.optional_exact_time(timing["call_at_opening"]);
}

void read_responsibility(Reading& read, JsonValue internal, Alarm& alarm) {
  if (JsonValue offer = internal["offer"]; !offer.absent()) {
    alarm.offer = Offer{read.optional_person(offer["from"]).value_or(Person{}), read.text(offer["organization"]),
                        read.text(offer["name"])};
  }
  alarm.responsible = read.optional_text(internal["responsible"]);
  alarm.responsible_until = read.optional_exact_time(internal["responsible_until"]);
  if (JsonValue handed = internal["handed_over"]; !handed.absent()) alarm.handed_over = read.boolean(handed);
  if (JsonValue former = internal["former"]; !former.absent()) alarm.former = read.text(former);
  for (JsonValue client : internal["called_in"]) alarm.called_in.push_back(read.text(client));
}

}  // namespace

std::string shown_json(const Alarm& alarm) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object();
  write_shown(writer, alarm, Form::shown);
  writer.end_object();
  return out;
}

std::string stored_json(const Alarm& alarm) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object();
  write_shown(writer, alarm, Form::stored);
  write_internal(writer, alarm);
  writer.end_object();
  return out;
}

Result<Alarm> alarm_from_json(JsonValue json) {
  if (!json["internal"].is_object()) return fhir::internal("internal: missing");
  Reading read;
  Alarm alarm;
  alarm.id = read.take(AlarmId::parse(read.text(json["id"])), json["id"]);
  alarm.version = static_cast<std::uint32_t>(read.integer(json["version"]));
  alarm.tenant = read.text(json["tenant"]);
  if (!json["patient"].is_null())
    alarm.patient = read.take(PatientId::parse(read.text(json["patient"])), json["patient"]);
  alarm.origin = read.take(origin_named(read.text(json["origin"])), json["origin"]);
  alarm.code = {read.text(json["code"]["system"]), read.text(json["code"]["code"]), read.text(json["code"]["display"])};
  alarm.announce = read.boolean(json["announce"]);
  alarm.late = read.boolean(json["late"]);
  alarm.superseded = read.boolean(json["superseded"]);
  alarm.raised = read.time(json["raised"]);
  alarm.measured = read.time(json["measured"]);
  read_reason(read, json["reason"], alarm.reason);
  alarm.occurrence_count = read.integer(json["occurrence_count"]);
  read_lists(read, json, alarm);
  read_marks(read, json, alarm);
  alarm.device = read.optional_text(json["device"]);
  alarm.contact = read.optional_text(json["contact"]);
  alarm.owner = read.optional_person(json["owner"]);
  alarm.deadline = read.optional_time(json["deadline"]);
  read_machine(read, json, alarm.machine);
  alarm.identity = read.text(json["internal"]["identity"]);
  alarm.updated = read.exact_time(json["internal"]["updated"]);
  alarm.closing = read.text(json["internal"]["closing"]);
  read_timing(read, json["internal"], alarm);
  read_responsibility(read, json["internal"], alarm);
  if (read.fault()) return *read.fault();
  return alarm;
}

}  // namespace gateway::alarms
