// Members of a JSON object read into a draft, for the formats with one object per reading: what cannot be read holds
// the item and names the place, and reading goes on, so that a held item still says whom it concerns, when and how
// much.
#pragma once

#include <optional>

#include "adapters/draft.hpp"

namespace adapters {

// The id or text under `key`, empty when absent; another type holds the item.
std::string id_or_hold(Draft&, fhir::JsonValue object, std::string_view key);
std::string text_or_hold(Draft&, fhir::JsonValue object, std::string_view key);

// The number under `key`, also written as text; absent holds the item.
fhir::Result<fhir::Decimal> required_number(fhir::JsonValue object, std::string_view key);
void read_value(Draft&, fhir::JsonValue object, std::string_view key);
void add_component(Draft&, fhir::Kind, fhir::JsonValue object, std::string_view key, std::string_view unit);

// A time with offset, or wall time of the zone.
void read_text_time(Draft&, fhir::JsonValue object, std::string_view key, const Zone&);

// A date under `date_key` and a time of day under `time_key`, "2026-11-20" and "08:00:00": wall time of the zone.
void read_wall_time(Draft&, fhir::JsonValue date_object, std::string_view date_key, fhir::JsonValue time_object,
                    std::string_view time_key, const Zone&);

// A count of `unit` since 1970, shown at `offset` or else at that of the zone. Before the year 2000 it is a clock that
// was never set or a count in another unit (vendors.md F, "unsynchronised device clocks"), and holds the item.
void read_epoch_time(Draft&, fhir::JsonValue object, std::string_view key, std::chrono::microseconds unit,
                     std::optional<std::chrono::minutes> offset, const Zone&);

// FHIR's offsets reach 14 hours to either side (R4 dateTime); anything else is none.
std::optional<std::chrono::minutes> believable_offset(std::chrono::seconds);

void add_note(std::string& note, std::string_view remark);

// Items that are held or ignored before anything of them was read.
Item held_item(QuarantineReason, std::string note);
Item ignored_item(IgnoreReason, std::string note);

}  // namespace adapters
