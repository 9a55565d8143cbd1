// Nightscout entries as uploaders post them to API v1 and v3 and as both give them back (nightscout/cgm-remote-monitor:
// lib/server/entries.js, swagger.yaml, lib/api3; vendors.md C.9). An entry does not say whose it is, because a
// Nightscout site is one person's; whoever relays it puts `userid` around the entries.
#include "adapters/nightscout.hpp"

#include <algorithm>
#include <array>

#include "adapters/members.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;
using namespace std::chrono_literals;

constexpr auto undecodable = QuarantineReason::undecodable;

std::optional<std::chrono::minutes> stated_offset(JsonValue entry) {
  const auto minutes = entry["utcOffset"].as_integer();
  constexpr std::int64_t day = 24 * 60;  // v3's own bound; what FHIR cannot show is none
  if (!minutes || *minutes < -day || *minutes > day) return std::nullopt;
  return believable_offset(std::chrono::minutes(*minutes));
}

// OURS: `device` is a name the uploading program gave itself ("share2", "xDrip-DexcomG6"), the same for many people. As
// the device's id it could place one person's readings on another, so it is kept as the model only.
Draft start(JsonValue entry, const std::string& user, const Zone& zone) {
  Draft draft;
  Measurement& reading = draft.reading;
  reading.subject.id = user;
  reading.device.model = text_or_hold(draft, entry, "device");
  reading.record_id = id_or_hold(draft, entry, "identifier");
  reading.version = id_or_hold(draft, entry, "srvModified");
  read_epoch_time(draft, entry, "date", 1ms, stated_offset(entry), zone);
  return draft;
}

// What the uploaders of a sensor write in the place of a value (cgm-remote-monitor: errorcodes, pebble): the transmitter's
// error codes, and 39 and 401 for LOW and HIGH of a range of 40 to 400 mg/dL. INFERRED: exactly those, since other sensors
// send 402 and more as values, and 13 to 38 is no code, so that it is taken for the low glucose it may be.
void read_special_value(Draft& draft) {
  static constexpr std::array<int, 8> error_codes = {1, 2, 3, 5, 6, 9, 10, 12};
  Measurement& reading = draft.reading;
  if (!draft.valued || reading.unit != "mg/dL") return;
  if (std::any_of(error_codes.begin(), error_codes.end(),
                  [&](int code) { return reading.value == fhir::Decimal(code); })) {
    reading.absent = fhir::AbsentReason::error;
    add_note(reading.note, "the sensor gave an error code and no value");
  } else if (reading.value == fhir::Decimal(39)) {
    reading.value = fhir::Decimal(40);
    reading.comparator = Comparator::less;
  } else if (reading.value == fhir::Decimal(401)) {
    reading.value = fhir::Decimal(400);
    reading.comparator = Comparator::greater;
  }
}

void read_glucose(Draft& draft, JsonValue entry, std::string_view type) {
  Measurement& reading = draft.reading;
  reading.kind = type == "sgv" ? fhir::kinds().interstitial_glucose : fhir::kinds().blood_glucose;
  read_value(draft, entry, type);
  // Always mg/dL, as the server stores it. v3 documents may carry `units`, "mg" or "mmol" by its swagger.yaml; another
  // word is passed on as it is and judged by the unit table.
  const std::string units = text_or_hold(draft, entry, "units");
  reading.unit = units.empty() || units == "mg" ? "mg/dL" : units == "mmol" ? "mmol/L" : units;
  // v1's server takes the same type at the same instant for the same entry.
  if (reading.record_id.empty() && draft.timed)
    reading.record_id = std::string(type) + "/" + fhir::utc_millis_text(reading.time.utc);
  if (type == "sgv") {
    reading.origin = Origin::automatic;
    read_special_value(draft);
    if (const auto direction = entry["direction"].text()) add_note(reading.note, "trend " + printable(*direction));
    // xDrip and the sensors grade noise from 1 (clean); what is worse is worth showing beside the value.
    if (const auto noise = entry["noise"].as_integer(); noise && *noise > 1)
      add_note(reading.note, "noise " + std::to_string(*noise));
  }
}

Item entry_item(JsonValue entry, const std::string& user, const Zone& zone) {
  if (!entry.is_object()) return held_item(undecodable, entry.path() + ": expected an object");
  // v3 marks what was deleted this way and sends it with the history.
  if (const auto valid = entry["isValid"].as_boolean(); valid && !*valid)
    return ignored_item(IgnoreReason::not_a_reading, member_path(entry, "isValid") + ": deleted at Nightscout");
  Draft draft = start(entry, user, zone);
  const auto type = entry["type"].text();
  if (!type) {
    draft.hold(undecodable, member_path(entry, "type") + ": expected a string");
  } else if (*type == "cal") {
    return ignored_item(IgnoreReason::not_a_reading, member_path(entry, "type") + ": calibration of the sensor");
  } else if (*type == "sgv" || *type == "mbg") {
    read_glucose(draft, entry, *type);
  } else {
    draft.hold(QuarantineReason::unknown_kind, member_path(entry, "type") + ": unknown type " + quoted_word(*type));
  }
  return std::move(draft).item();
}

}  // namespace

fhir::Result<Decoded> decode_nightscout(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  Decoded decoded;
  if (root.is_object() && !root["date"].absent() && root["entries"].absent()) {
    decoded.items.push_back(entry_item(root, {}, context.zone));
    return decoded;
  }
  const JsonValue entries = root.is_array() ? root : root["entries"];
  if (!entries.is_array()) return fhir::invalid("the document: expected an entry, an array of them, or one as entries");
  if (entries.size() > most_items) return too_many_items();
  const auto user = read_id(root, "userid");
  if (!user) return user.error();
  for (const JsonValue entry : entries) decoded.items.push_back(entry_item(entry, *user, context.zone));
  return decoded;
}

}  // namespace adapters
