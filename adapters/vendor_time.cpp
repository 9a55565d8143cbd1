#include "adapters/vendor_time.hpp"

#include <algorithm>

#include "adapters/draft.hpp"

namespace adapters {
namespace {

using namespace std::chrono;

constexpr const char* expectation = "expected a date and time such as 2026-11-20T08:00:00+01:00";

// With an offset written "+0100" (Java's SimpleDateFormat "Z") it is read as "+01:00".
fhir::Result<fhir::DateTime> parse_complete(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() > 19) {
    const std::string_view offset = text.substr(text.size() - 5);
    if ((offset[0] == '+' || offset[0] == '-') && std::all_of(offset.begin() + 1, offset.end(), is_digit))
      return fhir::DateTime::parse(std::string(text).insert(text.size() - 2, 1, ':'));
  }
  return fhir::DateTime::parse(text);
}

fhir::DateTime from_wall(const Zone::Resolved& resolved, std::string_view text) {
  const std::size_t point = text.find('.');
  fhir::DateTime time;
  time.utc = resolved.utc;
  time.offset = resolved.offset;
  if (point != std::string_view::npos) {
    time.precision = fhir::Precision::fraction;
    time.fraction_digits = static_cast<std::uint8_t>(std::min<std::size_t>(text.size() - point - 1, 6));
  }
  return time;
}

}  // namespace

fhir::Result<VendorTime> time_of(std::string_view text, const Zone& zone) {
  if (const auto complete = parse_complete(text)) {
    if (complete->precision <= fhir::Precision::day) return fhir::invalid(expectation);
    return VendorTime{*complete};
  }
  const auto wall = fhir::parse_local(text);
  if (!wall) return fhir::invalid(expectation);
  const Zone::Resolved resolved = zone.resolve(*wall);
  return VendorTime{from_wall(resolved, text), resolved.ambiguous};
}

fhir::Result<VendorTime> read_time(fhir::JsonValue object, std::string_view key, const Zone& zone) {
  const std::optional<std::string_view> text = object[key].text();
  auto time = text ? time_of(*text, zone) : fhir::Result<VendorTime>(fhir::invalid(expectation));
  if (!time) return fhir::invalid(member_path(object, key) + ": " + time.error().detail);
  return time;
}

fhir::Result<fhir::Time> time_from_epoch(std::int64_t count, microseconds unit) {
  // A day inside years 1 and 9999, so that no offset leads out of what four digits can show.
  constexpr microseconds earliest = sys_days{year{1} / January / 2}.time_since_epoch();
  constexpr microseconds latest = sys_days{year{9999} / December / 31}.time_since_epoch();
  if (count < earliest / unit || count > latest / unit) return fhir::invalid("expected an instant of years 1 to 9999");
  return fhir::Time{count * unit};
}

}  // namespace adapters
