// Telli Health RPM webhooks, versions 1 and 2 (tellihealth/tellihealth-rpm-api-spec: openapi.yaml). One object per
// POST: a reading
// ("readingType") or a message of the device ("type"). All metadata are strings; the device repeats until it is
// answered 2xx.
#include "adapters/telli.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "adapters/device_status.hpp"
#include "adapters/draft.hpp"
#include "adapters/vendor_time.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;
using namespace std::chrono_literals;

constexpr auto undecodable = QuarantineReason::undecodable;

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::int64_t> whole_number(JsonValue value) {
  if (!value.is_string() && !value.is_number()) return std::nullopt;
  const std::string_view digits = value.scalar();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

// The instant is certain; only the shown offset comes from tzOffsetMinutes. INFERRED: minutes, as its name and
// description say, although the specification's examples ("-200", "400") read better as hours and minutes. Absent, null
// (the device does not know it) or beyond FHIR's 14 hours: the offset of the source's zone.
std::chrono::minutes offset_of(JsonValue message, fhir::Time utc, const Zone& zone) {
  const std::optional<std::int64_t> minutes = whole_number(message["tzOffsetMinutes"]);
  constexpr std::int64_t widest = 14 * 60;
  if (minutes && *minutes >= -widest && *minutes <= widest) return std::chrono::minutes(*minutes);
  return zone.offset_at(utc);
}

fhir::Result<fhir::DateTime> read_time(JsonValue message, const Zone& zone) {
  const std::string expected = member_path(message, "time") + ": expected milliseconds since 1970";
  const std::optional<std::int64_t> millis = whole_number(message["time"]);
  if (!millis) return fhir::invalid(expected);
  const auto utc = time_from_epoch(*millis, 1ms);
  // A device whose clock was never set counts from 1970 (vendors.md F: unsynchronised device clocks); so does a sender
  // of seconds. The product is younger than 2000.
  constexpr fhir::Time earliest{std::chrono::sys_days{std::chrono::year{2000} / std::chrono::January / 1}};
  if (!utc || *utc < earliest) return fhir::invalid(expected + ", later than the year 2000");
  return fhir::DateTime::from(*utc, offset_of(message, *utc, zone), fhir::Precision::fraction);
}

void add_note(std::string& note, std::string_view remark) {
  if (!note.empty()) note += "; ";
  note.append(remark);
}

// One message while it becomes items. Every reading of it starts from the same draft: whom, when, which record.
class MessageReader {
 public:
  MessageReader(JsonValue message, const Context& context, std::vector<Item>& items)
      : message_(message), data_(message["data"]), context_(context), items_(items) {}

  void read() {
    if (!message_.is_object()) {
      base_.hold(undecodable, message_.path() + ": expected an object");
      return add(base_);
    }
    read_common();
    const auto type = message_["type"].text();
    const auto reading_type = message_["readingType"].text();
    if (reading_type) {
      read_reading(*reading_type);
    } else if (type) {
      read_device_message(*type);
    } else {
      base_.hold(undecodable, member_path(message_, "readingType") + ": expected a string");
      add(base_);
    }
    add_low_battery();
  }

 private:
  void read_common() {
    Measurement& reading = base_.reading;
    if (const auto id = read_id(message_, "deviceId"); !id) {
      base_.hold(undecodable, id.error().detail);
    } else if (id->empty()) {
      base_.hold(undecodable, member_path(message_, "deviceId") + ": missing");
    } else {
      reading.device.id = *id;
      reading.subject.id = *id;  // the vendor knows only devices
    }
    if (const auto time = read_time(message_, context_.zone)) {
      base_.set_time(*time);
    } else {
      base_.hold(undecodable, time.error().detail);
    }
    reading.origin = Origin::automatic;
    if (message_["mem"].scalar() == "1") add_note(reading.note, "from the device's memory");
  }

  void read_device_message(std::string_view type) {
    // The webhooks are called heartbeat, reminderCleared and settingsResponse, their types Heartbeat and so on.
    if (same_word(type, "Heartbeat")) {
      items_.push_back(Ignored{IgnoreReason::heartbeat, "device heartbeat"});
    } else if (same_word(type, "ReminderCleared") || same_word(type, "SettingsResponse")) {
      items_.push_back(Ignored{IgnoreReason::not_a_reading, std::string(type)});
    } else {
      base_.hold(QuarantineReason::unknown_kind, member_path(message_, "type") + ": unknown type " + quoted_word(type));
      add(base_);
    }
  }

  void read_reading(std::string_view type) {
    // Idempotency is (device, reading type, time): a repetition is the same record, another value in it a correction.
    if (base_.timed) base_.reading.record_id = std::string(type) + "/" + fhir::utc_millis_text(base_.reading.time.utc);
    base_.reading.correlation = base_.reading.record_id;
    if (type == "SleepingMatActivity" || type == "SleepingMatDuration") {
      // Averages over four or twelve hours, not readings.
      items_.push_back(Ignored{IgnoreReason::not_a_reading, std::string(type)});
      return;
    }
    const auto known =
        std::find_if(readers.begin(), readers.end(), [&](const Reader& each) { return each.type == type; });
    if (known == readers.end()) {
      base_.hold(QuarantineReason::unknown_kind,
                 member_path(message_, "readingType") + ": unknown type " + quoted_word(type));
      return add(base_);
    }
    if (!data_.is_object()) {
      base_.hold(undecodable, member_path(message_, "data") + ": expected an object");
      return add(base_);
    }
    (this->*known->read)();
  }

  void blood_pressure() {
    Draft draft = start(fhir::kinds().blood_pressure);
    for (const auto& [key, kind] :
         {std::pair{"systolic", fhir::kinds().systolic}, std::pair{"diastolic", fhir::kinds().diastolic}}) {
      const auto value = number(key);
      if (value) {
        draft.reading.components.push_back({kind, *value, "mmHg", Comparator::none});
      } else {
        draft.hold(undecodable, value.error().detail);
      }
    }
    if (data_["arrhythmia"].scalar() == "1") {
      add_note(draft.reading.note, "arrhythmia detected by the device");
      add_interpretation(draft.reading, *status_bit("8410608.2"));  // irregular-pulse, as a cuff of IEEE 11073 says it
    }
    add(draft);
    pulse();
  }

  // The pulse of a cuff or an oximeter is no ECG heart rate (codes.md 1.2, 1.3).
  void pulse() {
    if (!data_["pulse"].is_null()) value_item(fhir::kinds().pulse_rate, "pulse", "/min");
  }

  void blood_glucose() {
    Draft draft = start(fhir::kinds().blood_glucose);
    draft.set_value(number("glucose"));
    // Version 1, known by its missing genVer, implies mg/dL. A version 2 reading without unit could be either: not
    // guessed (codes.md 4).
    if (data_["unit"].is_null() && message_["genVer"].is_null()) {
      draft.reading.unit = "mg/dL";
    } else {
      read_unit(draft);
    }
    if (const auto period = data_["readingPeriod"].text())
      add_note(draft.reading.note, "reading period: " + printable(*period));
    add(draft);
  }

  void weight() { value_item_with_unit(fhir::kinds().body_weight, "weight"); }
  void temperature() { value_item_with_unit(fhir::kinds().body_temperature, "temperature"); }

  void oxygen_saturation() {
    Draft draft = start(fhir::kinds().oxygen_saturation);
    draft.set_value(number("spo2"));
    draft.reading.unit = "%";
    // ours: the specification calls pi an integer (examples 20 and 65), so it is not the percentage codes.md means, and
    // its scale is nowhere said. As a perfusion index it would be wrong tenfold or implausible; it is kept as a remark.
    const JsonValue pi = data_["pi"];
    if (pi.is_number() || pi.is_string())
      add_note(draft.reading.note, "pi " + printable(pi.scalar()) + " (scale not stated)");
    add(draft);
    pulse();
    if (!pi.is_null())
      items_.push_back(Ignored{IgnoreReason::not_a_reading, member_path(data_, "pi") + ": scale not stated"});
  }

  void peak_flow() {
    const bool flow = !data_["pef"].is_null();
    const bool volume = !data_["fev1"].is_null();
    // Both are required; if one is missing the other still counts.
    if (flow || !volume) value_item(fhir::kinds().pef, "pef", "L/min");
    if (volume) value_item(fhir::kinds().fev1, "fev1", "L");
  }

  void value_item(fhir::Kind kind, std::string_view key, std::string_view unit) {
    Draft draft = start(kind);
    draft.set_value(number(key));
    draft.reading.unit = unit;
    add(draft);
  }

  void value_item_with_unit(fhir::Kind kind, std::string_view key) {
    Draft draft = start(kind);
    draft.set_value(number(key));
    read_unit(draft);
    add(draft);
  }

  void read_unit(Draft& draft) {
    const auto unit = read_text(data_, "unit");
    if (!unit) return draft.hold(undecodable, unit.error().detail);
    if (unit->empty()) return draft.hold(QuarantineReason::unknown_unit, member_path(data_, "unit") + ": missing");
    draft.reading.unit = *unit;
  }

  fhir::Result<fhir::Decimal> number(std::string_view key) const {
    const JsonValue value = data_[key];
    if (value.is_null()) return fhir::invalid(member_path(data_, key) + ": missing");
    return value.as_decimal_or_text();
  }

  // Level "0" is defined as "below threshold to operate device but communications are possible": from now on no reading
  // comes, which is news a person needs. No other level is documented to mean trouble, so none makes an event.
  void add_low_battery() {
    if (base_.reading.device.id.empty() || message_["devdata"]["batt"].scalar() != "0") return;
    Event event;
    event.kind = fhir::EventKind::low_battery;
    event.subject = base_.reading.subject;
    event.device = base_.reading.device;
    event.time = base_.timed ? base_.reading.time
                             : fhir::DateTime::from(context_.received, context_.zone.offset_at(context_.received),
                                                    fhir::Precision::fraction);
    event.text = "battery below what the device needs to measure";
    items_.push_back(std::move(event));
  }

  Draft start(fhir::Kind kind) const {
    Draft draft = base_;
    draft.reading.kind = kind;
    return draft;
  }
  void add(Draft draft) { items_.push_back(std::move(draft).item()); }

  struct Reader {
    std::string_view type;
    void (MessageReader::*read)();
  };
  static const std::array<Reader, 6> readers;

  JsonValue message_;
  JsonValue data_;
  const Context& context_;
  std::vector<Item>& items_;
  Draft base_;
};

const std::array<MessageReader::Reader, 6> MessageReader::readers = {{
    {"BloodPressure", &MessageReader::blood_pressure},
    {"BloodGlucose", &MessageReader::blood_glucose},
    {"Weight", &MessageReader::weight},
    {"SpO2", &MessageReader::oxygen_saturation},
    {"Temperature", &MessageReader::temperature},
    {"PeakFlow", &MessageReader::peak_flow},
}};

}  // namespace

fhir::Result<Decoded> decode_telli(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  Decoded decoded;
  if (root.is_array()) {
    // ours: the specification sends one object; a forwarder may collect them.
    for (const JsonValue message : root) {
      MessageReader(message, context, decoded.items).read();
      if (decoded.items.size() > most_items) return too_many_items();
    }
    return decoded;
  }
  if (!root.is_object()) return fhir::invalid("the document: expected a reading or an array of readings");
  if (!root["readingType"].is_string() && !root["type"].is_string())
    return fhir::invalid("the document: expected a string readingType or type");
  MessageReader(root, context, decoded.items).read();
  return decoded;
}

}  // namespace adapters
