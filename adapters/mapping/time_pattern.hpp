// Times written in a form of the vendor's own: "dd.MM.yyyy HH:mm". The letters are those of Java and .NET.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/result.hpp"
#include "fhir/time.hpp"

namespace adapters::mapping {

// Offsets in every usual form: "Z", "+01:00", "+0100", "+01", "-8". Nothing beyond FHIR's 14 hours.
std::optional<std::chrono::minutes> parse_offset(std::string_view text);

class TimePattern {
 public:
  // yyyy yy MM M dd d HH H hh h mm m ss s S a, X for an offset, 'quoted' text and punctuation. Year, month, day and
  // hour must be there.
  static fhir::Result<TimePattern> compile(std::string_view pattern);

  struct Read {
    std::chrono::local_time<std::chrono::microseconds> wall;
    std::optional<std::chrono::minutes> offset;
    std::uint8_t fraction_digits = 0;
  };
  // Nothing when the text is not of this form, or no date.
  std::optional<Read> read(std::string_view text) const;
  bool has_offset() const;

 private:
  enum class Field : std::uint8_t {
    year,
    month,
    day,
    hour,
    hour_of_12,
    minute,
    second,
    fraction,
    half_day,
    offset,
    literal
  };
  struct Part {
    Field field = Field::literal;
    std::uint8_t width = 0;  // digits: 1 is one or two of them
    char literal = 0;
  };
  bool has(Field field) const;
  std::vector<Part> parts_;
};

}  // namespace adapters::mapping
