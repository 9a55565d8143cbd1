#include "adapters/hjemport.hpp"

#include <algorithm>
#include <array>

#include "adapters/native_event.hpp"
#include "adapters/strip_grade.hpp"
#include "adapters/vendor_time.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;
using fhir::ValueType;

constexpr auto undecodable = QuarantineReason::undecodable;

struct ComparatorSign {
  std::string_view sign;
  Comparator comparator;
};
constexpr std::array<ComparatorSign, 4> comparator_signs = {{{"<", Comparator::less},
                                                             {"<=", Comparator::less_or_equal},
                                                             {">=", Comparator::greater_or_equal},
                                                             {">", Comparator::greater}}};

Comparator read_comparator(JsonValue object, Draft& draft) {
  const JsonValue value = object["comparator"];
  if (value.is_null()) return Comparator::none;
  const auto found = std::find_if(comparator_signs.begin(), comparator_signs.end(), [&](const ComparatorSign& each) {
    return value.is_string() && each.sign == value.scalar();
  });
  if (found != comparator_signs.end()) return found->comparator;
  draft.hold(undecodable, member_path(object, "comparator") + ": expected <, <=, >= or >");
  return Comparator::none;
}

// A member that must be text or absent; on a fault the item is held and the text stays empty.
std::string text_or_held(fhir::Result<std::string> read, Draft& draft) {
  if (read) return std::move(*read);
  draft.hold(undecodable, read.error().detail);
  return {};
}

void read_whom(JsonValue object, Draft& draft) {
  Measurement& reading = draft.reading;
  reading.subject.id = text_or_held(read_id(object, "subject"), draft);
  if (auto device = read_native_device(object)) {
    reading.device = std::move(*device);
  } else {
    draft.hold(undecodable, device.error().detail);
  }
  if (auto patient = read_native_patient(object)) {
    reading.subject.patient = std::move(*patient);
    if (const auto& given = reading.subject.patient; given && (given->system.empty() || given->value.empty()))
      draft.hold(QuarantineReason::invalid_identifier, member_path(object, "patient") + ": expected system and value");
  } else {
    draft.hold(undecodable, patient.error().detail);
  }
  // A vendor that knows only devices: the device's links decide.
  if (reading.subject.id.empty() && !reading.subject.patient) reading.subject.id = reading.device.id;
}

// The unit as sent. Where the canonical unit is only an annotation ({INR}, {steps}) there is nothing to mistake, and
// leaving it out is allowed; everywhere else a missing unit is never guessed.
std::string read_unit(JsonValue object, fhir::Kind kind, Draft& draft) {
  std::string unit = text_or_held(read_text(object, "unit"), draft);
  const std::string_view canonical = fhir::info(kind).unit;
  if (!unit.empty() || canonical.empty()) return unit;
  if (canonical.starts_with('{')) return std::string(canonical);
  draft.hold(QuarantineReason::unknown_unit, member_path(object, "unit") + ": missing");
  return unit;
}

bool is_component_only(fhir::Kind kind) {
  const fhir::KnownKinds& known = fhir::kinds();
  return kind == known.systolic || kind == known.diastolic || kind == known.mean_arterial_pressure;
}

void read_quantity(JsonValue object, Draft& draft) {
  if (!object["components"].is_null())
    draft.hold(undecodable, member_path(object, "components") + ": this kind has one value and no components");
  if (object["value"].is_null()) {
    draft.hold(undecodable, member_path(object, "value") + ": missing");
  } else {
    draft.set_value(object["value"].as_decimal_or_text());
  }
  draft.reading.comparator = read_comparator(object, draft);
  draft.reading.unit = read_unit(object, draft.reading.kind, draft);
}

std::optional<Component> read_component(JsonValue entry, std::span<const fhir::Kind> allowed, Draft& draft) {
  if (!entry.is_object()) {
    draft.hold(undecodable, entry.path() + ": expected an object");
    return std::nullopt;
  }
  const auto word = entry["kind"].text();
  if (!word) {
    draft.hold(undecodable, member_path(entry, "kind") + ": expected a string");
    return std::nullopt;
  }
  const fhir::Kind kind = fhir::kind_named(*word);
  if (std::find(allowed.begin(), allowed.end(), kind) == allowed.end()) {
    draft.hold(QuarantineReason::unknown_kind, member_path(entry, "kind") + ": no component " + quoted_word(*word));
    return std::nullopt;
  }
  const auto value = entry["value"].as_decimal_or_text();
  if (!value) {
    draft.hold(undecodable, member_path(entry, "value") + ": expected a number of at most 18 digits");
    return std::nullopt;
  }
  return Component{kind, *value, read_unit(entry, kind, draft), read_comparator(entry, draft), {}};
}

void read_components(JsonValue object, const fhir::KindInfo& info, Draft& draft) {
  const JsonValue entries = object["components"];
  if (!entries.is_array()) return draft.hold(undecodable, member_path(object, "components") + ": expected an array");
  auto& components = draft.reading.components;
  const auto has = [&](fhir::Kind kind) {
    return std::any_of(components.begin(), components.end(), [&](const Component& each) { return each.kind == kind; });
  };
  for (const JsonValue entry : entries) {
    std::optional<Component> component = read_component(entry, info.components, draft);
    if (!component) continue;
    if (has(component->kind)) {
      draft.hold(undecodable, member_path(entry, "kind") + ": this component is given twice");
    } else {
      components.push_back(std::move(*component));
    }
  }
  // A blood pressure is systolic and diastolic; half of one cannot be judged by limits on the other half.
  for (const fhir::Kind required : {fhir::kinds().systolic, fhir::kinds().diastolic}) {
    if (info.kind == fhir::kinds().blood_pressure && !has(required))
      draft.hold(undecodable, member_path(object, "components") + ": no " + std::string(fhir::info(required).name));
  }
  if (components.empty()) draft.hold(undecodable, member_path(object, "components") + ": none could be read");
}

void read_strip(JsonValue object, Draft& draft) {
  const JsonValue value = object["value"];
  const bool readable = value.is_string() || value.is_number();
  const std::optional<fhir::Decimal> grade = readable ? strip_grade(value.scalar()) : std::nullopt;
  if (!grade) return draft.hold(undecodable, member_path(object, "value") + ": expected neg, trace or +1 to +4");
  draft.reading.value = *grade;
  draft.valued = true;
  draft.reading.text = value.scalar();
}

void read_word(JsonValue object, Draft& draft) {
  draft.reading.text = text_or_held(read_text(object, "value"), draft);
  if (draft.reading.text.empty()) draft.hold(undecodable, member_path(object, "value") + ": expected a word");
}

void read_value(JsonValue object, Draft& draft) {
  const fhir::KindInfo& info = fhir::info(draft.reading.kind);
  switch (info.value) {
    case ValueType::quantity:
      return read_quantity(object, draft);
    case ValueType::components:
      return read_components(object, info, draft);
    case ValueType::ordinal:
      return read_strip(object, draft);
    case ValueType::text:
      return read_word(object, draft);
    case ValueType::questionnaire:
    case ValueType::waveform:
      return;  // no form in this payload; the caller ignores these kinds by name
  }
}

bool has_no_form(fhir::Kind kind) {
  const ValueType value = fhir::info(kind).value;
  return value == ValueType::questionnaire || value == ValueType::waveform;
}

// What is known of a reading whose kind nobody knows, so that a person can still weigh it.
void read_unknown_kind(JsonValue object, std::string note, Draft& draft) {
  draft.hold(QuarantineReason::unknown_kind, std::move(note));
  if (const auto value = object["value"].as_decimal_or_text()) draft.set_value(value);
  if (const auto unit = read_text(object, "unit")) draft.reading.unit = *unit;
}

// The device tried and has no value.
void read_absent(JsonValue object, Draft& draft) {
  const auto word = object["absent"].text();
  const auto reason = word ? fhir::absent_reason_named(*word) : std::nullopt;
  if (!reason)
    return draft.hold(undecodable, member_path(object, "absent") + ": expected a code of data-absent-reason");
  if (!object["value"].is_null() || !object["components"].is_null())
    draft.hold(undecodable, member_path(object, "absent") + ": there is a value beside it");
  draft.reading.absent = *reason;
}

void read_kind_and_value(JsonValue object, Draft& draft) {
  const auto word = object["kind"].text();
  if (!word) return draft.hold(undecodable, member_path(object, "kind") + ": expected a string");
  const fhir::Kind kind = fhir::kind_named(*word);
  if (kind == fhir::Kind::unknown)
    return read_unknown_kind(object, member_path(object, "kind") + ": unknown kind " + quoted_word(*word), draft);
  // A lone systolic would pass by the limits of blood-pressure unjudged.
  if (is_component_only(kind))
    return read_unknown_kind(object, member_path(object, "kind") + ": only as a component of blood-pressure", draft);
  draft.reading.kind = kind;
  if (!object["absent"].is_null()) return read_absent(object, draft);
  read_value(object, draft);
}

void read_sequence(JsonValue object, Draft& draft) {
  if (object["sequence"].is_null()) return;
  const auto number = object["sequence"].as_integer();
  if (!number || *number < 1)
    return draft.hold(undecodable, member_path(object, "sequence") + ": expected a whole number from 1");
  draft.reading.sequence = static_cast<std::uint64_t>(*number);
}

void read_origin(JsonValue object, Draft& draft) {
  const JsonValue manual = object["manual"];
  if (manual.is_null()) return;
  const auto typed = manual.as_boolean();
  if (!typed) return draft.hold(undecodable, typed.error().detail);
  draft.reading.origin = *typed ? Origin::manual : Origin::automatic;
}

// Puts what it reads behind `items`: a measurement is large, so it is moved once, to where it stays.
// What the value means may depend on it, so that a word nobody knows is a fault and not left out.
std::string read_word(JsonValue object, std::string_view member, std::initializer_list<std::string_view> words, Draft& draft) {
  const JsonValue value = object[member];
  if (value.is_null()) return {};
  const auto word = value.text();
  if (word && std::find(words.begin(), words.end(), *word) != words.end()) return std::string(*word);
  std::string expected;
  for (const std::string_view one : words) expected.append(expected.empty() ? "" : ", ").append(one);
  draft.hold(undecodable, member_path(object, member) + ": expected one of " + expected);
  return {};
}

void read_measurement(JsonValue object, const Context& context, std::vector<Item>& items) {
  Draft draft;
  if (!object.is_object()) {
    draft.hold(undecodable, object.path() + ": expected an object");
    items.push_back(std::move(draft).item());
    return;
  }
  Measurement& reading = draft.reading;
  reading.record_id = text_or_held(read_id(object, "id"), draft);
  reading.version = text_or_held(read_id(object, "version"), draft);
  read_whom(object, draft);
  if (const auto time = read_time(object, "time", context.zone)) {
    draft.set_wall_time(time->time, time->uncertain);
  } else {
    draft.hold(undecodable, time.error().detail);
  }
  read_kind_and_value(object, draft);
  read_origin(object, draft);
  read_sequence(object, draft);
  reading.note = text_or_held(read_text(object, "note"), draft);
  reading.meal = read_word(object, "meal", {"before", "after", "fasting", "bedtime"}, draft);
  reading.oxygen = read_word(object, "oxygen", {"air", "oxygen"}, draft);
  reading.site = text_or_held(read_text(object, "site"), draft);
  if (draft.held()) {
    items.push_back(std::move(draft).item());
  } else if (has_no_form(reading.kind)) {
    items.push_back(Ignored{IgnoreReason::not_a_reading,
                            member_path(object, "kind") + ": this payload has no form for the kind"});
  } else {
    items.emplace_back(std::move(reading));
  }
}

// --- events ---

// ours: an unknown kind becomes `technical` with the vendor's word in its text. Held, it would only wait; as
// safety-alarm it would tell the receivers something the vendor did not say.
Event read_event(JsonValue object, const Context& context) {
  NativeEventReader reader(object, context);
  const auto word = object["kind"].text();
  fhir::EventKind kind = word ? fhir::event_named(native_name(*word)) : fhir::EventKind::unknown;
  if (kind == fhir::EventKind::unknown) {
    kind = fhir::EventKind::technical;
    reader.remark(word ? "unknown event kind " + quoted_word(*word)
                       : member_path(object, "kind") + ": expected a string");
  }
  return reader.read(kind);
}

// --- the payload ---

fhir::Error expected_array(std::string_view key) {
  return fhir::invalid(std::string(key) + ": expected an array");
}

bool array_or_null(JsonValue items) {
  return items.is_null() || items.is_array();
}

}  // namespace

fhir::Result<Decoded> decode_hjemport(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  if (!root.is_object()) return fhir::invalid("the document: expected an object with measurements or events");
  const JsonValue measurements = root["measurements"];
  const JsonValue events = root["events"];
  if (!array_or_null(events)) return expected_array("events");
  if (!array_or_null(measurements) && events.size() == 0) return expected_array("measurements");
  if (measurements.is_null() && events.is_null())
    return fhir::invalid("the document: expected an array measurements or events");
  if (measurements.size() + events.size() > most_items) return too_many_items();

  Decoded decoded;
  decoded.items.reserve(measurements.size() + events.size());
  if (!array_or_null(measurements)) {
    // A fall beside measurements in a wrong shape must not wait for a corrected payload.
    Draft draft;
    draft.hold(undecodable, expected_array("measurements").detail);
    decoded.items.push_back(std::move(draft).item());
  } else {
    for (const JsonValue each : measurements) read_measurement(each, context, decoded.items);
  }
  for (const JsonValue each : events) decoded.items.push_back(read_event(each, context));
  return decoded;
}

}  // namespace adapters
