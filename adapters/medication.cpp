// Each event says what happened by name or by VKP's own code (vkp-alert-code-v090 for what went wrong,
// vkp-medicationdispense-events-v090 for what came out). What went wrong is always an event; a dispensed dose is a record
// of what somebody was given, so one that cannot be read is held and not guessed.
#include "adapters/medication.hpp"

#include <algorithm>
#include <array>

#include "adapters/members.hpp"
#include "adapters/native_event.hpp"

namespace adapters {
namespace {

using fhir::EventKind;
using fhir::JsonValue;

struct Name {
  std::string_view name;
  EventKind kind;
  std::string_view dispense = {};  // category of a dispensed dose
};

using enum EventKind;
constexpr auto names = std::to_array<Name>({
    {"dispensed", medication_dispensed, "1"},
    {"dispensed-unassisted", medication_dispensed, "1.1"},
    {"dispensed-assisted", medication_dispensed, "1.2"},
    {"dispensed-as-needed", medication_dispensed, "1.3"},
    {"travel-dispensed", medication_dispensed, "2"},
    {"travel-dispensed-unassisted", medication_dispensed, "2.1"},
    {"travel-dispensed-assisted", medication_dispensed, "2.2"},
    {"message-read", medication_dispensed, "3"},
    {"deviation", medication_alarm},
    {"missed", medication_missed},
    {"not-dispensed", medication_missed},
    {"shortage", medication_shortage},
    {"unconfirmed", medication_unconfirmed},
    {"message-unread", medication_message_unread},
    {"fault", dispenser_fault},
    {"sachet-unread", sachet_unread},
    {"roll-fault", roll_fault},
    {"roll-stuck", roll_stuck},
    {"drawer-full", drawer_full},
    {"waiting", medication_waiting},
    {"travel-insufficient", medication_insufficient},
    {"soon-empty", medication_soon_empty},
    {"empty", medication_empty},
    {"no-schedule", medication_no_schedule},
    {"plan-check", medication_plan_check},
    {"roll-handled", roll_handled},
    {"low-battery", dispenser_low_battery},
    {"battery-empty", dispenser_battery_empty},
    {"no-mains", dispenser_no_mains},
    {"no-contact", dispenser_no_contact},
    {"open", dispenser_open},
    {"break-in", dispenser_break_in},
    {"misplaced", dosette_misplaced},
    {"reminder", medication_reminder},
    {"battery-ok", battery_ok},
    {"mains-restored", mains_restored},
    {"contact-restored", contact_restored},
});

const Name* named(std::string_view name) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const Name& each) { return each.name == name; });
  return found == names.end() ? nullptr : &*found;
}

class MedicationReader {
 public:
  MedicationReader(JsonValue object, const Context& context) : object_(object), reader_(object, context) {}

  Item read() {
    if (!object_.is_object()) return held_item(QuarantineReason::undecodable, object_.path() + ": expected an object");
    const auto word = object_["event"].text();
    if (word && native_name(*word) == "heartbeat" && object_["code"].is_null())
      return Ignored{IgnoreReason::heartbeat, member_path(object_, "event") + ": a sign of life"};
    const EventKind kind = what(word);
    if (kind == medication_dispensed) return dispense();
    return reader_.read(kind);
  }

 private:
  EventKind what(const std::optional<std::string_view>& word) {
    const Name* name = word ? named(native_name(*word)) : nullptr;
    EventKind kind = name != nullptr ? name->kind : word ? fhir::event_named(native_name(*word)) : unknown;
    if (name != nullptr) category_ = name->dispense;
    // A dose that did not come out must not be filed as one that did: with an alert code it is the alarm.
    kind = reader_.with_code(kind);
    if (kind == unknown && !object_["category"].is_null()) kind = medication_dispensed;
    if (kind != unknown) return kind;
    reader_.remark(word ? "unknown event " + quoted_word(*word) : member_path(object_, "event") + ": expected a string");
    // A dispenser's word nobody knows may be about a dose: as VKP's group, "deviation", it calls a person.
    return medication_alarm;
  }

  Item dispense() {
    Draft draft;
    std::string category = category_.empty() ? "1" : std::string(category_);
    if (const JsonValue given = object_["category"]; !given.is_null()) {
      category = given.is_string() || given.is_number() ? given.scalar() : std::string_view();
      if (fhir::dispense_category(category) == nullptr)
        draft.hold(QuarantineReason::unknown_kind,
                   member_path(object_, "category") + ": not a dispense category of the national hub");
    }
    const auto medication = read_text(object_, "medication");
    const auto dosage = read_text(object_, "dosage");
    for (const auto* read : {&medication, &dosage})
      if (!*read) draft.hold(QuarantineReason::undecodable, read->error().detail);
    whom(draft);
    Event event = reader_.read(medication_dispensed);
    if (!reader_.timed())
      draft.hold(QuarantineReason::undecodable, member_path(object_, "time") + ": expected a time");
    if (!draft.held()) {
      event.dispense = std::move(category);
      event.medication = *medication;
      event.dosage = *dosage;
      return event;
    }
    draft.reading.record_id = std::move(event.record_id);
    draft.reading.subject = std::move(event.subject);
    draft.reading.device = std::move(event.device);
    if (reader_.timed()) draft.set_time(event.time);
    return std::move(draft).item();
  }

  // An event goes on with what can be read of these; a dose whose person or dispenser is in doubt does not.
  void whom(Draft& draft) {
    for (const char* key : {"id", "subject"})
      if (const auto id = read_id(object_, key); !id) draft.hold(QuarantineReason::undecodable, id.error().detail);
    if (const auto device = read_native_device(object_); !device)
      draft.hold(QuarantineReason::undecodable, device.error().detail);
    const auto patient = read_native_patient(object_);
    if (!patient) {
      draft.hold(QuarantineReason::undecodable, patient.error().detail);
    } else if (*patient && ((*patient)->system.empty() || (*patient)->value.empty())) {
      draft.hold(QuarantineReason::invalid_identifier, member_path(object_, "patient") + ": expected system and value");
    }
  }

  JsonValue object_;
  NativeEventReader reader_;
  std::string_view category_;  // as the name says
};

}  // namespace

fhir::Result<Decoded> decode_medication(std::string_view payload, const Context& context) {
  const auto events = parse_native_events(payload, context);
  if (!events) return events.error();
  Decoded decoded;
  decoded.items.reserve(events->size());
  for (const JsonValue each : *events) decoded.items.push_back(MedicationReader(each, context).read());
  return decoded;
}

}  // namespace adapters
