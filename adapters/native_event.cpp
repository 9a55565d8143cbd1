#include "adapters/native_event.hpp"

#include <algorithm>

#include "adapters/vendor_time.hpp"

namespace adapters {

using fhir::JsonValue;

fhir::Result<Device> read_native_device(JsonValue object) {
  const JsonValue device = object["device"];
  if (device.is_null()) return Device{};
  if (!device.is_object())
    return fhir::invalid(member_path(object, "device") + ": expected an object with id and model");
  auto id = read_id(device, "id");
  if (!id) return id.error();
  auto model = read_text(device, "model");
  if (!model) return model.error();
  auto firmware = read_text(device, "firmware");
  if (!firmware) return firmware.error();
  auto batch = read_text(device, "batch");
  if (!batch) return batch.error();
  return Device{std::move(*id), std::move(*model), std::move(*firmware), std::move(*batch)};
}

// Without system or value the identifier is invalid, but the payload is sound; whether a number is right is not decided
// here.
fhir::Result<std::optional<Identifier>> read_native_patient(JsonValue object) {
  const JsonValue patient = object["patient"];
  if (patient.is_null()) return std::optional<Identifier>();
  if (!patient.is_object())
    return fhir::invalid(member_path(object, "patient") + ": expected an object with system and value");
  auto system = read_id(patient, "system");
  if (!system) return system.error();
  auto value = read_id(patient, "value");
  if (!value) return value.error();
  return std::optional<Identifier>(Identifier{std::move(*system), std::move(*value)});
}

std::string native_name(std::string_view word) {
  std::string name(word);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    if (c == '_' || c == ' ') return '-';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

Event NativeEventReader::read(fhir::EventKind kind) {
  Event event;
  event.kind = kind;
  event.record_id = take(read_id(object_, "id"));
  event.subject.id = take(read_id(object_, "subject"));
  event.device = take(read_native_device(object_));
  event.subject.patient = take(read_native_patient(object_));
  // A vendor that knows only devices: the device's links decide.
  if (event.subject.id.empty() && !event.subject.patient) event.subject.id = event.device.id;
  event.time = time();
  event.time_stands_in = !timed_;
  event.location = as_given("location");
  event.contact = as_given("contact");
  if (const JsonValue alarm = object_["alarm"]; !alarm.is_null()) {
    const auto asked = alarm.as_boolean();
    if (!asked) remark(asked.error().detail);
    event.alarm = !asked || *asked;  // what was meant cannot be read: calling once too often is the lesser harm
  }
  event.text = text();
  return event;
}

fhir::EventKind NativeEventReader::with_code(fhir::EventKind named) {
  using fhir::EventKind;
  const JsonValue code = object_["code"];
  if (code.is_null()) return named;
  // Codes are text; a number keeps its digits as written, so 1.10 stays 1.10.
  const std::string_view text = code.is_string() || code.is_number() ? code.scalar() : std::string_view();
  const EventKind coded = fhir::event_coded(text);
  if (coded == EventKind::unknown) {
    remark(text.empty() ? member_path(object_, "code") + ": expected a code" : "unknown alert code " + quoted_word(text));
    return named;
  }
  // A code that is only what the name is sent under says nothing new: door is 4, which alone is the whole group.
  if (named == EventKind::unknown) return coded;
  if (fhir::info(named).vkp_alert_code == text) return named;
  remark("event and code disagree");
  return fhir::info(named).safety && !fhir::info(coded).safety ? named : coded;
}

void NativeEventReader::remark(std::string_view what) {
  if (!remarks_.empty()) remarks_ += "; ";
  remarks_.append(what);
}

// The time of arrival stands in for one that cannot be read: it is the only other time there is, and calling late is
// better than not calling.
fhir::DateTime NativeEventReader::time() {
  if (const auto given = read_time(object_, "time", context_.zone)) {
    timed_ = true;
    return given->time;
  }
  remark(member_path(object_, "time") + ": not readable, the time of arrival stands in");
  return fhir::DateTime::from(context_.received, context_.zone.offset_at(context_.received),
                              fhir::Precision::fraction);
}

// A string, or the JSON of whatever the vendor put there: a position or a telephone number helps in any shape.
std::string NativeEventReader::as_given(std::string_view key) const {
  const JsonValue value = object_[key];
  if (value.is_null()) return {};
  return value.is_string() ? printable(value.scalar()) : value.json();
}

std::string NativeEventReader::text() const {
  std::string text = as_given("text");
  if (remarks_.empty()) return text;
  if (!text.empty()) text += ' ';
  return text + "(" + remarks_ + ")";
}

fhir::Result<JsonValue> parse_native_events(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  if (!root.is_object()) return fhir::invalid("the document: expected an object with events");
  const JsonValue events = root["events"];
  if (!events.is_array()) return fhir::invalid("events: expected an array");
  if (events.size() > most_items) return too_many_items();
  return events;
}

}  // namespace adapters
