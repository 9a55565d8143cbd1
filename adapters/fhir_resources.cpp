// FHIR R4 (4.0.1): Observation, QuestionnaireResponse, Quantity, data-absent-reason. Choices where R4 leaves one:
// - An Observation with components is one blood pressure and beside it one reading for each component of a kind of its
//   own; in a panel that has no value itself a component of no known kind is held.
// - effectivePeriod counts by its start, and the end is in the note. Without effective[x] the time of issue stands in,
//   marked uncertain (INFERRED: R4 does not require effective[x], its vital-signs profile does).
// - A reason why there is no value makes a reading without one, which is stored and judges nothing. Not an infinity: that is a
//   value beyond what the device measures (HL7 PHD, special values), so a person has to see it and it is held. Nor a
//   question that was declined or never asked: nothing was measured then.
// - A value beside a measurement status that says there is none (invalid, still being taken) is not used.
#include "adapters/fhir_resources.hpp"

#include <algorithm>
#include <array>

#include "adapters/device_status.hpp"
#include "adapters/mdc_units.hpp"
#include "adapters/strip_grade.hpp"
#include "adapters/vendor_time.hpp"
#include "fhir/circumstances.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;
using fhir::Kind;
using fhir::ValueType;

constexpr auto undecodable = QuarantineReason::undecodable;

bool is_pressure(Kind kind) {
  const fhir::KnownKinds& known = fhir::kinds();
  return kind == known.systolic || kind == known.diastolic || kind == known.mean_arterial_pressure;
}

std::string_view first_code(JsonValue concept_value) {
  for (const JsonValue coding : concept_value["coding"])
    if (const auto code = coding["code"].text()) return *code;
  return {};
}

struct Comparators {
  std::string_view sign;
  Comparator comparator;
};
constexpr std::array<Comparators, 4> comparators = {{{"<", Comparator::less},
                                                     {"<=", Comparator::less_or_equal},
                                                     {">=", Comparator::greater_or_equal},
                                                     {">", Comparator::greater}}};

Comparator read_comparator(JsonValue quantity, Draft& draft) {
  const JsonValue given = quantity["comparator"];
  if (given.is_null()) return Comparator::none;
  for (const Comparators& each : comparators)
    if (given.text() == each.sign) return each.comparator;
  draft.hold(undecodable, member_path(quantity, "comparator") + ": expected <, <=, >= or >");
  return Comparator::none;
}

// The code where there is one, since only it is defined; the human unit otherwise. Where the canonical unit is an
// annotation only ({score}, {steps}) there is nothing to mistake, and leaving it out is allowed.
std::string read_unit(JsonValue quantity, Kind kind, Draft& draft) {
  const auto code = read_text(quantity, "code");
  const auto unit = read_text(quantity, "unit");
  if (!code || !unit) {
    draft.hold(undecodable, (code ? unit : code).error().detail);
    return {};
  }
  if (quantity["system"].text() == fhir::mdc) {
    const std::string_view ucum = ucum_of_mdc_unit(*code);
    return ucum.empty() ? *code : std::string(ucum);
  }
  if (!code->empty()) return *code;
  if (!unit->empty()) return *unit;
  const std::string_view canonical = fhir::info(kind).unit;
  if (canonical.empty() || canonical.starts_with('{')) return std::string(canonical);
  draft.hold(QuarantineReason::unknown_unit, member_path(quantity, "unit") + ": missing");
  return {};
}

void read_number(JsonValue value, Draft& draft) {
  Measurement& reading = draft.reading;
  if (value.key() == "valueQuantity") {
    if (!value.is_object()) return draft.hold(undecodable, value.path() + ": expected a Quantity");
    if (value["value"].is_null()) return draft.hold(undecodable, member_path(value, "value") + ": missing");
    draft.set_value(value["value"].as_decimal_or_text());
    reading.comparator = read_comparator(value, draft);
    reading.unit = read_unit(value, reading.kind, draft);
  } else if (value.key() == "valueInteger") {
    draft.set_value(value.as_decimal());
    reading.unit = fhir::info(reading.kind).unit;
    // A bare number says its unit only where the unit is an annotation.
    if (!reading.unit.empty() && !reading.unit.starts_with('{'))
      draft.hold(QuarantineReason::unknown_unit, value.path() + ": a number without unit");
  } else {
    draft.hold(undecodable, value.path() + ": expected a Quantity");
  }
}

// The word of a scale: by a code of an answer we know, else as it is written.
std::string word_of(JsonValue value, const fhir::KindInfo& info) {
  if (value.key() != "valueCodeableConcept") return value.is_object() ? std::string() : printable(value.scalar());
  for (const fhir::Answer& answer : info.answers)
    if (has_coding(value, answer.code.system, answer.code.code)) return std::string(answer.word);
  std::string text = concept_text(value);
  return text.empty() ? printable(first_code(value)) : text;
}

void read_word(JsonValue value, Draft& draft) {
  Measurement& reading = draft.reading;
  const fhir::KindInfo& info = fhir::info(reading.kind);
  reading.text = word_of(value, info);
  if (reading.text.empty()) return draft.hold(undecodable, value.path() + ": expected a word");
  if (info.value != ValueType::ordinal) return;
  const auto grade = strip_grade(reading.text);
  if (!grade) return draft.hold(undecodable, value.path() + ": expected neg, trace or +1 to +4");
  reading.value = *grade;
  draft.valued = true;
}

void read_value(JsonValue value, Draft& draft) {
  switch (fhir::info(draft.reading.kind).value) {
    case ValueType::quantity:
      return read_number(value, draft);
    case ValueType::ordinal:
    case ValueType::text:
      return read_word(value, draft);
    case ValueType::questionnaire:  // a score, or words
      return value.is_string() ? read_word(value, draft) : read_number(value, draft);
    case ValueType::components:
    case ValueType::waveform:
      return draft.hold(undecodable, value.path() + ": not a value of this kind");
  }
}

// R4 lets a sender extend the code system, or say the reason in words only.
fhir::AbsentReason absent_reason(JsonValue concept_value) {
  for (const JsonValue coding : concept_value["coding"])
    if (const auto code = coding["code"].text())
      if (const auto known = fhir::absent_reason_named(*code)) return *known;
  return fhir::AbsentReason::unknown;
}

// What becomes of a reading, or of a part of one, that says why it has no value.
Item without_value(JsonValue object, Draft draft) {
  using fhir::AbsentReason;
  const JsonValue concept_value = object["dataAbsentReason"];
  const std::string place = member_path(object, "dataAbsentReason");
  const AbsentReason reason = absent_reason(concept_value);
  if (!concept_value.is_object()) {
    draft.hold(undecodable, place + ": expected a concept");
  } else if (reason == AbsentReason::positive_infinity || reason == AbsentReason::negative_infinity) {
    draft.hold(undecodable, place + ": beyond what the device measures");
  } else if (reason == AbsentReason::asked_declined || reason == AbsentReason::not_asked) {
    if (!draft.held()) return Ignored{IgnoreReason::cancelled, place + " " + std::string(fhir::code(reason))};
  }
  draft.reading.absent = reason;
  return std::move(draft).item();
}

// LOINC and MDC codes are shown, so that the operator sees what to ask for; they are too short for a number of a
// person.
std::string shown_code(std::string_view code) {
  constexpr std::size_t longest = 8;
  const bool plain =
      !code.empty() && code.size() <= longest && code.find_first_not_of("0123456789-") == std::string_view::npos;
  return plain ? "\"" + std::string(code) + "\"" : quoted_word(code);
}

void hold_unknown(JsonValue concept_value, bool contradictory, Draft& draft) {
  std::string note = concept_value.path();
  note += contradictory ? ": its codings are of different kinds" : ": unknown code ";
  if (!contradictory) note += shown_code(first_code(concept_value));
  draft.hold(QuarantineReason::unknown_kind, std::move(note));
}

// What is known of a value whose kind nobody knows, so that a person can still weigh it.
void read_unknown_value(const std::vector<JsonValue>& values, Draft& draft) {
  if (values.empty() || values[0].key() != "valueQuantity") return;
  if (const auto number = values[0]["value"].as_decimal_or_text()) draft.set_value(number);
  Draft unused;
  draft.reading.unit = read_unit(values[0], Kind::unknown, unused);
}

class ObservationReader {
 public:
  ObservationReader(JsonValue resource, const FhirPayload& payload, const Context& context, Draft base,
                    std::vector<Item>& items)
      : resource_(resource), payload_(payload), context_(context), base_(std::move(base)), items_(items) {}

  void read() {
    if (is_test_data(resource_)) return ignore(IgnoreReason::not_a_reading, "meta.security: test data");
    if (ended_by_status()) return;
    read_common();
    if (test_status_) return ignore(IgnoreReason::not_a_reading, "interpretation: test data");
    const JsonValue code = resource_["code"];
    if (!code.is_object()) {
      base_.hold(undecodable, member_path(resource_, "code") + ": expected a CodeableConcept");
      return add(base_);
    }
    if (has_coding(code, fhir::mdc, "160208"))  // MDC_CONC_GLU_CONTROL
      return ignore(IgnoreReason::control_solution, code.path());
    const FhirKind kind = read_fhir_kind(code);
    append_remark(base_.reading.note, kind.remark);
    read_as(kind, code);
  }

 private:
  bool ended_by_status() {
    const auto status = resource_["status"].text();
    const std::string_view word = status ? *status : std::string_view();
    if (word == "final" || word == "amended" || word == "corrected") return false;
    if (word == "preliminary" || word == "unknown") {
      append_remark(base_.reading.note, "status " + std::string(word));
      return false;
    }
    if (word == "cancelled" || word == "entered-in-error") {
      ignore(IgnoreReason::cancelled, "status " + std::string(word));
      return true;
    }
    if (word == "registered") {
      ignore(IgnoreReason::not_a_reading, "status registered: no result yet");
      return true;
    }
    base_.hold(undecodable, member_path(resource_, "status") + ": expected a status of an Observation");
    return false;
  }

  void read_common() {
    Measurement& reading = base_.reading;
    reading.record_id = or_held(read_identifier(resource_["identifier"]));
    if (reading.record_id.empty()) {
      const std::string id = or_held(read_id(resource_, "id"));
      if (!id.empty()) reading.record_id = "Observation/" + id;
    }
    reading.correlation = reading.record_id;
    read_version();
    if (const auto subject = read_fhir_subject(resource_, "subject", payload_); !subject) {
      base_.hold(undecodable, subject.error().detail);
    } else if (!subject->id.empty() || subject->patient) {
      reading.subject = *subject;
    }
    if (const auto device = read_fhir_device(resource_, "device", payload_)) {
      reading.device = *device;
    } else {
      base_.hold(undecodable, device.error().detail);
    }
    if (reading.subject.id.empty() && !reading.subject.patient) reading.subject.id = reading.device.id;
    read_origin();
    read_circumstances();
    read_time_of_measurement();
    read_notes();
  }

  // When this version of the resource was made; a stamp that is no time would order nothing.
  void read_version() {
    for (const JsonValue stamp : {resource_["meta"]["lastUpdated"], resource_["issued"]}) {
      const auto text = stamp.text();
      if (!text || !fhir::DateTime::parse(*text) || !base_.reading.version.empty()) continue;
      base_.reading.version = *text;
    }
  }

  // As our own resources carry them; a word that rules do not know is left out.
  void read_circumstances() {
    const fhir::Circumstances stated = fhir::circumstances_of(resource_);
    for (const std::string_view word : {"before", "after", "fasting", "bedtime"})
      if (stated.meal == word) base_.reading.meal = stated.meal;
    for (const std::string_view word : {"air", "oxygen"})
      if (stated.oxygen == word) base_.reading.oxygen = stated.oxygen;
    base_.reading.site = printable(stated.site);
  }

  // Our own category says it outright; else a device that is named was the one that measured.
  void read_origin() {
    if (!base_.reading.device.id.empty()) base_.reading.origin = Origin::automatic;
    for (const JsonValue category : resource_["category"]) {
      if (has_coding(category, "urn:hjemport:origin", "manual")) base_.reading.origin = Origin::manual;
      if (has_coding(category, "urn:hjemport:origin", "automatic")) base_.reading.origin = Origin::automatic;
    }
  }

  void read_time_of_measurement() {
    const JsonValue period = resource_["effectivePeriod"];
    if (!resource_["effectiveDateTime"].is_null()) return take_time(resource_, "effectiveDateTime");
    if (!resource_["effectiveInstant"].is_null()) return take_time(resource_, "effectiveInstant");
    if (!period.is_null()) return read_period(period);
    if (!resource_["effectiveTiming"].is_null())
      return base_.hold(undecodable, member_path(resource_, "effectiveTiming") + ": expected a point in time");
    if (resource_["issued"].is_null())
      return base_.hold(undecodable, member_path(resource_, "effectiveDateTime") + ": missing");
    take_time(resource_, "issued");
    base_.reading.time_uncertain = true;
    append_remark(base_.reading.note, "no time of measurement, the time of issue stands in");
  }

  void read_period(JsonValue period) {
    const auto start = period["start"].text();
    const auto end = period["end"].text();
    if (!start && end) return take_time(period, "end");
    take_time(period, "start");
    if (start && end && *start != *end && fhir::DateTime::parse(*end))
      append_remark(base_.reading.note, "until " + std::string(*end));
  }

  void take_time(JsonValue object, std::string_view key) {
    if (const auto time = read_time(object, key, context_.zone)) {
      const bool uncertain = base_.reading.time_uncertain;  // by what the caller knows of the device's clock
      base_.set_wall_time(time->time, time->uncertain);
      base_.reading.time_uncertain |= uncertain;
    } else {
      base_.hold(undecodable, time.error().detail);
    }
  }

  void read_notes() {
    for (const JsonValue note : resource_["note"])
      if (const auto text = note["text"].text()) append_remark(base_.reading.note, printable(*text));
    for (const JsonValue interpretation : resource_["interpretation"]) read_interpretation(interpretation);
  }

  void read_interpretation(JsonValue interpretation) {
    for (const JsonValue coding : interpretation["coding"]) {
      const auto system = coding["system"].text();
      const auto code = coding["code"].text();
      if (!system || !code || system->empty() || code->empty()) continue;
      if (system->size() > longest_id || code->size() > longest_id) continue;
      if (system->ends_with("/measurement-status"))
        if (const auto status = measurement_status(*code)) {
          apply(*status);
          continue;
        }
      const auto display = coding["display"].text();
      add_interpretation(base_.reading, {printable(*system), printable(*code), display ? printable(*display) : ""});
    }
  }

  void apply(const StatusMeaning& status) {
    if (status.interpretation) add_interpretation(base_.reading, *status.interpretation);
    if (status.absent != fhir::AbsentReason::none) base_.reading.absent = status.absent;
    test_status_ = test_status_ || status.test;
  }

  void read_as(const FhirKind& kind, JsonValue code) {
    const std::vector<JsonValue> values = values_of(resource_);
    const JsonValue components = resource_["component"];
    if (values.size() > 1) base_.hold(undecodable, member_path(resource_, "value[x]") + ": more than one");
    if (!components.is_null() && !components.is_array())
      base_.hold(undecodable, member_path(resource_, "component") + ": expected an array");
    if (kind.contradictory || is_pressure(kind.kind)) return hold_code(kind, code, values);
    base_.reading.kind = kind.kind;
    const ValueType type = fhir::info(kind.kind).value;
    if (type == ValueType::waveform || (!values.empty() && values[0].key() == "valueSampledData"))
      return ignore(IgnoreReason::not_a_reading, resource_.path() + ": a curve");
    const bool pressure = kind.kind == fhir::kinds().blood_pressure;
    // The device's word against the number beside it: a number of a measurement that failed, or goes on, is none.
    if (base_.reading.absent != fhir::AbsentReason::none && kind.kind != Kind::unknown) return add(base_);
    if (components.size() > 0 && (values.empty() || pressure)) return read_components(kind.kind);
    if (kind.kind == Kind::unknown) return hold_code(kind, code, values);
    if (!values.empty() && !pressure) return read_single(values[0], components);
    if (!resource_["dataAbsentReason"].is_null()) return items_.push_back(without_value(resource_, base_));
    if (resource_["hasMember"].size() > 0)
      return ignore(IgnoreReason::not_a_reading, "a group: its members are readings of their own");
    base_.hold(undecodable, member_path(resource_, pressure ? "component" : "value[x]") + ": missing");
    add(base_);
  }

  void hold_code(const FhirKind& kind, JsonValue code, const std::vector<JsonValue>& values) {
    Draft draft = base_;
    draft.reading.kind = Kind::unknown;
    if (is_pressure(kind.kind)) {
      draft.hold(QuarantineReason::unknown_kind, code.path() + ": only as a component of blood-pressure");
    } else {
      hold_unknown(code, kind.contradictory, draft);
    }
    read_unknown_value(values, draft);
    add(std::move(draft));
  }

  void read_single(JsonValue value, JsonValue components) {
    const std::size_t place = items_.size();
    const std::size_t unread = read_other_components(components, false);
    Draft draft = base_;
    if (unread > 0) append_remark(draft.reading.note, "components not read: " + std::to_string(unread));
    read_value(value, draft);
    items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(place), std::move(draft).item());
  }

  // A blood pressure, or a panel of which each component is a reading.
  void read_components(Kind kind) {
    const JsonValue components = resource_["component"];
    const bool pressure = kind == fhir::kinds().blood_pressure || holds_pressure(components);
    const bool panel = kind != fhir::kinds().blood_pressure;
    const std::size_t place = items_.size();
    const std::size_t unread = read_other_components(components, panel);
    if (pressure) {
      Draft draft = base_;
      draft.reading.kind = fhir::kinds().blood_pressure;
      if (unread > 0) append_remark(draft.reading.note, "components not read: " + std::to_string(unread));
      items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(place), read_pressure(components, std::move(draft)));
    }
  }

  static bool holds_pressure(JsonValue components) {
    for (const JsonValue component : components)
      if (is_pressure(read_fhir_kind(component["code"]).kind)) return true;
    return false;
  }

  // Components of kinds of their own, each as an item beside the main one; how many say nothing we can use. In a panel
  // those are held instead, since nothing else would show that they came.
  std::size_t read_other_components(JsonValue components, bool panel) {
    std::vector<Kind> seen;
    std::size_t unread = 0;
    std::size_t index = 0;
    for (const JsonValue component : components) {
      const std::size_t number = index++;
      const FhirKind kind = read_fhir_kind(component["code"]);
      if (is_pressure(kind.kind)) continue;
      const ValueType type = fhir::info(kind.kind).value;
      const bool usable = kind.kind != Kind::unknown && !kind.contradictory && type != ValueType::components &&
                          type != ValueType::waveform && kind.kind != base_.reading.kind;
      if (!usable && !panel) {
        ++unread;
        continue;
      }
      const bool repeated = std::find(seen.begin(), seen.end(), kind.kind) != seen.end();
      seen.push_back(kind.kind);
      read_component(component, usable ? kind.kind : Kind::unknown, kind.contradictory, repeated || !usable, number);
    }
    return unread;
  }

  void read_component(JsonValue component, Kind kind, bool contradictory, bool numbered, std::size_t number) {
    Draft draft = base_;
    draft.reading.kind = kind;
    if (numbered && !draft.reading.record_id.empty()) draft.reading.record_id += "/" + std::to_string(number);
    const std::vector<JsonValue> values = values_of(component);
    if (kind == Kind::unknown) {
      if (component.is_object()) {
        hold_unknown(component["code"].absent() ? component : component["code"], contradictory, draft);
      } else {
        draft.hold(undecodable, component.path() + ": expected a component");
      }
      read_unknown_value(values, draft);
    } else if (values.size() == 1) {
      read_value(values[0], draft);
    } else if (values.empty() && !component["dataAbsentReason"].is_null()) {
      return items_.push_back(without_value(component, std::move(draft)));
    } else {
      draft.hold(undecodable, member_path(component, "value[x]") + (values.empty() ? ": missing" : ": more than one"));
    }
    add(std::move(draft));
  }

  Item read_pressure(JsonValue components, Draft draft) const {
    bool any_value = false;
    for (const JsonValue component : components) {
      const Kind kind = read_fhir_kind(component["code"]).kind;
      if (!is_pressure(kind)) continue;
      const std::vector<JsonValue> values = values_of(component);
      if (values.empty()) {
        if (!has_part(draft, kind)) read_absent_part(component, kind, draft);
        continue;
      }
      any_value = true;
      read_pressure_part(component, kind, values, draft);
    }
    // The order of components says nothing, and content must not differ by it.
    std::sort(draft.reading.components.begin(), draft.reading.components.end(),
              [](const Component& a, const Component& b) { return a.kind < b.kind; });
    if (!any_value && !resource_["dataAbsentReason"].is_null()) {
      draft.reading.components.clear();
      return without_value(resource_, std::move(draft));
    }
    // Half a blood pressure is held unless the other half says why it is not there: the limits on it would stay silent and
    // nobody would see why.
    for (const Kind required : {fhir::kinds().systolic, fhir::kinds().diastolic})
      if (!has_part(draft, required))
        draft.hold(undecodable, member_path(resource_, "component") + ": a blood pressure without " +
                                    std::string(fhir::info(required).name));
    return std::move(draft).item();
  }

  static bool has_part(const Draft& draft, Kind kind) {
    const auto& parts = draft.reading.components;
    return std::any_of(parts.begin(), parts.end(), [&](const Component& each) { return each.kind == kind; });
  }

  static void read_absent_part(JsonValue component, Kind kind, Draft& draft) {
    const JsonValue concept_value = component["dataAbsentReason"];
    if (!concept_value.is_object()) return;
    const fhir::AbsentReason reason = absent_reason(concept_value);
    if (reason == fhir::AbsentReason::positive_infinity || reason == fhir::AbsentReason::negative_infinity)
      draft.hold(undecodable, member_path(component, "dataAbsentReason") + ": beyond what the device measures");
    Component part;
    part.kind = kind;
    part.absent = reason;
    draft.reading.components.push_back(std::move(part));
  }

  static void read_pressure_part(JsonValue component, Kind kind, const std::vector<JsonValue>& values, Draft& draft) {
    if (has_part(draft, kind)) return draft.hold(undecodable, component.path() + ": this component is given twice");
    Draft part;
    part.reading.kind = kind;
    read_number(values[0], part);
    if (values.size() > 1) part.hold(undecodable, member_path(component, "value[x]") + ": more than one");
    const bool readable = part.valued;
    Component read{kind, part.reading.value, part.reading.unit, part.reading.comparator, {}};
    if (part.held()) {
      const auto held = std::get<Held>(std::move(part).item());
      draft.hold(held.reason, held.note);
    }
    if (readable) draft.reading.components.push_back(std::move(read));
  }

  std::string or_held(const fhir::Result<std::string>& read) {
    if (read) return *read;
    base_.hold(undecodable, read.error().detail);
    return {};
  }

  void ignore(IgnoreReason reason, std::string note) { items_.push_back(Ignored{reason, std::move(note)}); }
  void add(Draft draft) { items_.push_back(std::move(draft).item()); }

  JsonValue resource_;
  const FhirPayload& payload_;
  const Context& context_;
  Draft base_;
  std::vector<Item>& items_;
  bool test_status_ = false;
};

}  // namespace

FhirKind read_fhir_kind(JsonValue concept_value) {
  const fhir::KnownKinds& known = fhir::kinds();
  FhirKind found;
  for (const JsonValue coding : concept_value["coding"]) {
    const auto system = coding["system"].text();
    const auto code = coding["code"].text();
    // Without its system a code says nothing; an empty one would match those of all systems.
    if (!system || system->empty() || !code) continue;
    const Kind kind = fhir::kind_coded(*system, *code);
    if (kind == Kind::unknown) continue;
    if (*code == "29563-7") append_remark(found.remark, "code 29563-7 read as 29463-7, which it is a misprint of");
    const bool pulse = (found.kind == known.heart_rate && kind == known.pulse_rate) ||
                       (found.kind == known.pulse_rate && kind == known.heart_rate);
    if (pulse) {
      found.kind = known.pulse_rate;
    } else if (found.kind == Kind::unknown) {
      found.kind = kind;
    } else if (found.kind != kind) {
      found.contradictory = true;
    }
  }
  return found;
}

void read_fhir_observation(JsonValue resource, const FhirPayload& payload, const Context& context, Draft base,
                           std::vector<Item>& items) {
  ObservationReader(resource, payload, context, std::move(base), items).read();
}

}  // namespace adapters
