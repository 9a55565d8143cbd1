#include "adapters/members.hpp"

#include <utility>

#include "adapters/vendor_time.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

constexpr auto undecodable = QuarantineReason::undecodable;

std::string or_hold(Draft& draft, fhir::Result<std::string> text) {
  if (text) return *std::move(text);
  draft.hold(undecodable, text.error().detail);
  return {};
}

}  // namespace

std::string id_or_hold(Draft& draft, JsonValue object, std::string_view key) {
  return or_hold(draft, read_id(object, key));
}

std::string text_or_hold(Draft& draft, JsonValue object, std::string_view key) {
  return or_hold(draft, read_text(object, key));
}

fhir::Result<fhir::Decimal> required_number(JsonValue object, std::string_view key) {
  const JsonValue value = object[key];
  if (value.is_null()) return fhir::invalid(member_path(object, key) + ": missing");
  return value.as_decimal_or_text();
}

void read_value(Draft& draft, JsonValue object, std::string_view key) {
  draft.set_value(required_number(object, key));
}

void add_component(Draft& draft, fhir::Kind kind, JsonValue object, std::string_view key, std::string_view unit) {
  const auto value = required_number(object, key);
  if (!value) return draft.hold(undecodable, value.error().detail);
  draft.reading.components.push_back({kind, *value, std::string(unit), Comparator::none});
}

void read_text_time(Draft& draft, JsonValue object, std::string_view key, const Zone& zone) {
  const auto time = read_time(object, key, zone);
  if (!time) return draft.hold(undecodable, time.error().detail);
  draft.set_wall_time(time->time, time->uncertain);
}

void read_wall_time(Draft& draft, JsonValue date_object, std::string_view date_key, JsonValue time_object,
                    std::string_view time_key, const Zone& zone) {
  const auto date = date_object[date_key].text();
  const auto time = time_object[time_key].text();
  const auto wall = fhir::parse_local(std::string(date.value_or("")) + "T" + std::string(time.value_or("")));
  if (!wall)
    return draft.hold(undecodable, member_path(time_object, time_key) +
                                       ": expected a time such as 08:00:00, and a date such as 2026-11-20 in " +
                                       std::string(date_key));
  const Zone::Resolved resolved = zone.resolve(*wall);
  draft.set_wall_time(fhir::DateTime::from(resolved.utc, resolved.offset), resolved.ambiguous);
}

void read_epoch_time(Draft& draft, JsonValue object, std::string_view key, std::chrono::microseconds unit,
                     std::optional<std::chrono::minutes> offset, const Zone& zone) {
  using namespace std::chrono;
  constexpr fhir::Time earliest{sys_days{year{2000} / January / 1}};
  const bool whole_seconds = unit >= seconds{1};
  const auto count = object[key].as_integer();
  const auto utc = count ? time_from_epoch(*count, unit) : fhir::Result<fhir::Time>(count.error());
  if (!utc || *utc < earliest)
    return draft.hold(undecodable, member_path(object, key) + ": expected " +
                                       (whole_seconds ? "seconds" : "milliseconds") +
                                       " since 1970, later than the year 2000");
  draft.set_time(fhir::DateTime::from(*utc, offset ? *offset : zone.offset_at(*utc),
                                      whole_seconds ? fhir::Precision::second : fhir::Precision::fraction));
}

std::optional<std::chrono::minutes> believable_offset(std::chrono::seconds offset) {
  constexpr std::chrono::hours widest{14};
  if (offset > widest || offset < -widest) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::minutes>(offset);
}

void add_note(std::string& note, std::string_view remark) {
  if (remark.empty()) return;
  if (!note.empty()) note += "; ";
  note.append(remark);
}

Item held_item(QuarantineReason reason, std::string note) {
  Draft draft;
  draft.hold(reason, std::move(note));
  return std::move(draft).item();
}

Item ignored_item(IgnoreReason reason, std::string note) {
  return Ignored{reason, std::move(note)};
}

}  // namespace adapters
