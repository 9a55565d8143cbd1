#include "adapters/opentele_glucose.hpp"

#include <algorithm>
#include <array>

#include "adapters/device_status.hpp"
#include "adapters/vendor_time.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

constexpr auto undecodable = QuarantineReason::undecodable;
constexpr std::string_view mmol_per_litre = "mmol/L";  // the format's only unit (enum MMOL_L)

void add_note(std::string& note, std::string_view remark) {
  if (!note.empty()) note += "; ";
  note.append(remark);
}

// A flag that is missing is false, as in the original; one of another type holds the item.
bool flag(JsonValue object, std::string_view key, Draft& draft) {
  const JsonValue value = object[key];
  if (value.is_null()) return false;
  const auto set = value.as_boolean();
  if (!set) draft.hold(undecodable, set.error().detail);
  return set && *set;
}

// The meter or sensor of the object, for all its items.
Draft with_device(const Draft& start, JsonValue object, std::string_view key) {
  Draft draft = start;
  const auto device = read_id(object, key);
  if (!device) {
    draft.hold(undecodable, device.error().detail);
  } else if (!device->empty()) {
    draft.reading.device.id = *device;
    draft.reading.origin = Origin::automatic;
  }
  if (draft.reading.subject.id.empty()) draft.reading.subject.id = draft.reading.device.id;
  return draft;
}

void set_measured_time(JsonValue object, std::string_view key, const Zone& zone, Draft& draft) {
  draft.timed = false;  // the upload time says nothing about a memory
  const auto time = read_time(object, key, zone);
  if (!time) return draft.hold(undecodable, time.error().detail);
  draft.set_wall_time(time->time, time->uncertain);
}

// The items below `key`, or one held or ignored item in their place.
JsonValue entries_of(JsonValue object, std::string_view key, const Draft& draft, std::vector<Item>& items) {
  const JsonValue entries = object[key];
  if (!entries.is_array()) {
    Draft broken = draft;
    broken.hold(undecodable, member_path(object, key) + ": expected an array");
    items.push_back(std::move(broken).item());
    return {};
  }
  if (entries.size() == 0) items.push_back(Ignored{IgnoreReason::not_a_reading, member_path(object, key) + ": empty"});
  return entries;
}

Item memory_item(JsonValue entry, const Draft& start, const Zone& zone) {
  Draft draft = start;
  draft.reading.kind = fhir::kinds().blood_glucose;
  if (!entry.is_object()) {
    draft.timed = false;
    draft.hold(undecodable, entry.path() + ": expected an object");
    return std::move(draft).item();
  }
  set_measured_time(entry, "timeOfMeasurement", zone, draft);
  // A meter sends its whole memory every time; the original takes (patient, type, time) for the same reading, and so do
  // we.
  if (draft.timed) draft.reading.record_id = fhir::utc_millis_text(draft.reading.time.utc);
  if (entry["result"].is_null()) {
    draft.hold(undecodable, member_path(entry, "result") + ": missing");
  } else {
    draft.set_value(entry["result"].as_decimal_or_text());
  }
  draft.reading.unit = mmol_per_litre;
  const bool before = flag(entry, "isBeforeMeal", draft), after = flag(entry, "isAfterMeal", draft);
  if (before) add_note(draft.reading.note, "before meal");
  if (after) add_note(draft.reading.note, "after meal");
  if (before != after) draft.reading.meal = before ? "before" : "after";
  if (flag(entry, "hasTemperatureWarning", draft)) {
    add_note(draft.reading.note, "temperature warning of the meter");
    add_interpretation(draft.reading, *status_bit("8417752.11"));  // sensor-temp-range
  }
  // OURS: HI or LO, and the format does not say which. `result` is then no measurement, so it neither becomes a
  // comparator nor a plain value; held, it comes before a person, and the number tells how urgently.
  if (flag(entry, "isOutOfBounds", draft))
    draft.hold(QuarantineReason::implausible,
               member_path(entry, "isOutOfBounds") + ": outside the meter's range, HI or LO");
  if (flag(entry, "isControlMeasurement", draft))
    return Ignored{IgnoreReason::control_solution, member_path(entry, "isControlMeasurement") + ": control solution"};
  return std::move(draft).item();
}

// The coulometer reading is a discrete blood glucose, taken with a strip in the receiver (opentele-client-android,
// CoulometerReadingEvent). The device's own alarms carry the sensor glucose that set them off; it is filed and judged
// by the patient's limits like any other, because the limits in the device are the wearer's own.
struct GlucoseEvent {
  std::string_view type;
  bool from_strip;
};
constexpr std::array<GlucoseEvent, 6> glucose_events = {{{"ContinuousBloodSugarMeasurement", false},
                                                         {"CoulometerReadingEvent", true},
                                                         {"HypoAlarmEvent", false},
                                                         {"HyperAlarmEvent", false},
                                                         {"ImpendingHypoAlarmEvent", false},
                                                         {"ImpendingHyperAlarmEvent", false}}};
constexpr std::array<std::string_view, 5> other_events = {"InsulinEvent", "MealEvent", "ExerciseEvent",
                                                          "StateOfHealthEvent", "GenericEvent"};

void read_record_id(JsonValue entry, Draft& draft) {
  const auto record = read_id(entry, "recordId");
  if (!record) return draft.hold(undecodable, record.error().detail);
  // Counted by the device: another device starts again from 1 and must not overwrite the first one's readings.
  if (!record->empty()) draft.reading.record_id = draft.reading.device.id + "/" + *record;
  if (const auto number = entry["recordId"].as_integer(); number && *number > 0)
    draft.reading.sequence = static_cast<std::uint64_t>(*number);
}

Item event_item(JsonValue entry, const Draft& start, const Zone& zone) {
  Draft draft = start;
  if (!entry.is_object()) {
    draft.timed = false;
    draft.hold(undecodable, entry.path() + ": expected an object");
    return std::move(draft).item();
  }
  set_measured_time(entry, "eventTime", zone, draft);
  read_record_id(entry, draft);
  const auto type = entry["eventType"].text();
  if (!type) {
    draft.hold(undecodable, member_path(entry, "eventType") + ": expected a string");
    return std::move(draft).item();
  }
  if (std::find(other_events.begin(), other_events.end(), *type) != other_events.end())
    return Ignored{IgnoreReason::not_a_reading, std::string(*type)};
  const auto known = std::find_if(glucose_events.begin(), glucose_events.end(),
                                  [&](const GlucoseEvent& each) { return each.type == *type; });
  if (known == glucose_events.end()) {
    draft.hold(QuarantineReason::unknown_kind,
               member_path(entry, "eventType") + ": unknown type " + quoted_word(*type));
    return std::move(draft).item();
  }
  draft.reading.kind = known->from_strip ? fhir::kinds().blood_glucose : fhir::kinds().interstitial_glucose;
  draft.reading.unit = mmol_per_litre;
  if (known != glucose_events.begin()) add_note(draft.reading.note, *type);
  if (entry["glucoseValueInmmolPerl"].is_null()) {
    draft.hold(undecodable, member_path(entry, "glucoseValueInmmolPerl") + ": missing");
  } else {
    draft.set_value(entry["glucoseValueInmmolPerl"].as_decimal_or_text());
  }
  return std::move(draft).item();
}

}  // namespace

void read_glucose_memory(JsonValue object, const Draft& start, const Zone& zone, std::vector<Item>& items) {
  const Draft draft = with_device(start, object, "serialNumber");
  for (const JsonValue entry : entries_of(object, "measurements", draft, items))
    items.push_back(memory_item(entry, draft, zone));
}

void read_glucose_events(JsonValue object, const Draft& start, const Zone& zone, std::vector<Item>& items) {
  const Draft draft = with_device(start, object, "deviceId");
  for (const JsonValue entry : entries_of(object, "events", draft, items))
    items.push_back(event_item(entry, draft, zone));
}

}  // namespace adapters
