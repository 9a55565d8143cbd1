// A Dexcom API v3 `egvs` answer that somebody pulled: estimated glucose values of a sensor (developer.dexcom.com, v3
// EGVs; vendors.md C.7).
#include "adapters/dexcom.hpp"

#include "adapters/members.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

constexpr auto undecodable = QuarantineReason::undecodable;

// systemTime is UTC; records of a receiver write it without zone. displayTime is what a clock showed that the wearer
// may set, so only its offset is taken, and only for showing.
void read_instant(Draft& draft, JsonValue record, const Zone& zone) {
  const std::string expected = member_path(record, "systemTime") + ": expected a date and time in UTC";
  const auto text = record["systemTime"].text();
  if (!text) return draft.hold(undecodable, expected);
  fhir::Time utc;
  if (const auto complete = fhir::DateTime::parse(*text); complete && complete->precision > fhir::Precision::day) {
    utc = complete->utc;
  } else if (const auto local = fhir::parse_local(*text)) {
    utc = fhir::Time(local->time_since_epoch());
  } else {
    return draft.hold(undecodable, expected);
  }
  std::chrono::minutes offset = zone.offset_at(utc);
  if (const auto shown = record["displayTime"].text()) {
    if (const auto display = fhir::DateTime::parse(*shown); display && display->offset) offset = *display->offset;
  }
  draft.set_time(fhir::DateTime::from(utc, offset));
}

// Outside 40 to 400 mg/dL the sensor gives the bound and says so. "unknown" says nothing about the value, which is
// kept: a low glucose that may be right has to be judged.
void read_status(Draft& draft, JsonValue record) {
  const auto status = record["status"].text();
  if (record["status"].is_null() || (status && *status == "ok")) return;
  if (status && *status == "high") {
    draft.reading.comparator = Comparator::greater;
  } else if (status && *status == "low") {
    draft.reading.comparator = Comparator::less;
  } else if (status && *status == "unknown") {
    add_note(draft.reading.note, "status unknown");
  } else {
    draft.hold(undecodable, member_path(record, "status") + ": expected ok, high, low or unknown");
  }
}

// "unknown" occurs, and 5.5 and 99 both look like a glucose: never guessed.
void read_unit(Draft& draft, JsonValue record) {
  const std::string unit = text_or_hold(draft, record, "unit");
  if (unit.empty() || unit == "unknown")
    return draft.hold(QuarantineReason::unknown_unit, member_path(record, "unit") + ": not stated");
  draft.reading.unit = unit;
}

void read_trend(Draft& draft, JsonValue record) {
  const auto trend = record["trend"].text();
  if (trend && *trend != "none" && *trend != "unknown") add_note(draft.reading.note, "trend " + printable(*trend));
}

Item record_item(JsonValue record, const std::string& user, const Zone& zone) {
  if (!record.is_object()) return held_item(undecodable, record.path() + ": expected an object");
  Draft draft;
  Measurement& reading = draft.reading;
  reading.kind = fhir::kinds().interstitial_glucose;
  reading.origin = Origin::automatic;
  reading.subject.id = user;
  reading.record_id = id_or_hold(draft, record, "recordId");
  reading.device.id = id_or_hold(draft, record, "transmitterId");
  reading.device.model = text_or_hold(draft, record, "transmitterGeneration");
  read_instant(draft, record, zone);
  read_value(draft, record, "value");
  read_unit(draft, record);
  read_status(draft, record);
  read_trend(draft, record);
  return std::move(draft).item();
}

}  // namespace

fhir::Result<Decoded> decode_dexcom(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  if (!root.is_object()) return fhir::invalid("the document: expected an egvs answer");
  // The other endpoints answer with the same frame and records of another shape.
  const auto type = root["recordType"].text();
  if (!type || *type != "egv") return fhir::invalid("recordType: expected egv");
  const JsonValue records = root["records"];
  if (!records.is_array()) return fhir::invalid("records: expected an array");
  if (records.size() > most_items) return too_many_items();
  const auto user = read_id(root, "userId");
  if (!user) return user.error();
  Decoded decoded;
  for (const JsonValue record : records) decoded.items.push_back(record_item(record, *user, context.zone));
  return decoded;
}

}  // namespace adapters
