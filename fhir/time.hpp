// Points in time. `Time` is what the program computes with: UTC microseconds. `DateTime` is a FHIR dateTime as it was
// written: its offset and precision are kept for the record (FHIR R4 datatypes; house style 3.7).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/result.hpp"

namespace fhir {

using Time = std::chrono::sys_time<std::chrono::microseconds>;

enum class Precision : std::uint8_t { year, month, day, minute, second, fraction };

struct DateTime {
  Time utc{};                                       // first instant of the written period
  std::optional<std::chrono::minutes> offset;       // none: written without zone (only year, month or day)
  Precision precision = Precision::second;
  std::uint8_t fraction_digits = 0;                 // 0..6 kept; further digits are cut
  bool zulu = false;                                // written with "Z", so written back with "Z"

  // FHIR dateTime / RFC 3339: year, month or day alone, or a full time with "Z" or an offset. Seconds may be 60 (read as
  // 59.999999). A time without zone is an error here: adapters that allow it use parse_local.
  static Result<DateTime> parse(std::string_view text);
  static DateTime from(Time utc, std::chrono::minutes offset, Precision precision = Precision::second);

  // As it was written. Precision::minute is FHIR only in searches: whoever renders a resource writes such a time with
  // Precision::second (R4 dateTime: seconds must be there and may be filled with zeros).
  std::string text() const;
  // One past the last instant of the written period: 2026-11 ends where 2026-12 begins (search prefixes).
  Time end() const;

  bool operator==(const DateTime&) const = default;
};

// "2026-11-20T08:00:00[.fff]", "T" or blank between, no zone: wall time as if UTC, for a zone to resolve.
Result<std::chrono::local_time<std::chrono::microseconds>> parse_local(std::string_view text);

std::string utc_text(Time);         // YYYY-MM-DDTHH:MM:SSZ, as the commands print
std::string utc_millis_text(Time);  // YYYY-MM-DDTHH:MM:SS.mmmZ, FHIR instant
void append_utc_millis(std::string& out, Time);

}  // namespace fhir
