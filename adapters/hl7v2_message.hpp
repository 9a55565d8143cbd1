// HL7 version 2 in its vertical-bar encoding (chapter 2): segments of fields of repetitions of components of
// subcomponents, with the separators that each message's own MSH names. Everything is a view into the payload; a
// segment is cut into fields once, whatever is behind them is cut when it is asked for.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/vendor_time.hpp"
#include "fhir/result.hpp"

namespace adapters {

struct Hl7Separators {
  char field = '|', component = '^', repetition = '~', escape = '\\', subcomponent = '&';
};

// The n-th part of a text cut at a separator, counted from 1; empty when there are fewer.
std::string_view hl7_part(std::string_view text, char separator, std::size_t n);

// Escapes resolved (\F\ \S\ \T\ \R\ \E\ \X..\, line breaks as blanks; highlighting is dropped). HL7's null, two double
// quotes, is empty.
std::string hl7_text(std::string_view raw, const Hl7Separators&);

class Hl7Segment {
 public:
  static constexpr std::size_t most_fields = 40;  // the widest segment read, MSH, has 25; what comes after is not read

  Hl7Segment(std::string_view line, const Hl7Separators&);

  std::string_view name() const { return line_.substr(0, 3); }
  // Counted as HL7 counts: MSH-1 is the separator itself. Raw; empty when missing or null.
  std::string_view field(std::size_t n) const;
  // Of the field's first repetition; raw.
  std::string_view component(std::size_t field, std::size_t n) const;
  // Escapes resolved.
  std::string text(std::size_t field) const { return hl7_text(this->field(field), *separators_); }
  std::string text(std::size_t field, std::size_t n) const { return hl7_text(component(field, n), *separators_); }
  const Hl7Separators& separators() const { return *separators_; }

 private:
  std::string_view line_;
  const Hl7Separators* separators_;
  std::array<std::string_view, most_fields + 1> fields_;
};

class Hl7Message {
 public:
  // `text` begins with MSH. The error is about MSH-1 or MSH-2.
  static fhir::Result<Hl7Message> read(std::string_view text);

  const Hl7Separators& separators() const { return separators_; }
  Hl7Segment header() const { return {first_line(), separators_}; }
  std::string_view text() const { return text_; }

  // Runs `visit` on each line after MSH that is not blank, with its name and fields, until it returns false. A line
  // that is no segment has an empty name.
  template <class Visit>
  void each(Visit visit) const {
    std::string_view rest = text_;
    next_line(rest);
    while (!rest.empty()) {
      const std::string_view line = next_line(rest);
      if (!line.empty() && !visit(line)) return;
    }
  }
  bool is_segment(std::string_view line) const;

  // Cuts the next line off: ended by CR, LF or both; blanks around it do not count.
  static std::string_view next_line(std::string_view& rest);

 private:
  std::string_view first_line() const;

  std::string_view text_;
  Hl7Separators separators_;
};

// One or more messages, bare or in a batch (FHS, BHS, BTS, FTS). A batch that does not end was cut off: an error, as is
// anything in front of the first header.
fhir::Result<std::vector<std::string_view>> hl7_messages(std::string_view payload);

// DTM, "20260514083000.25+0200", at least to the minute. Without zone it is the `fallback` offset's, else wall time of
// the zone. The error is without path.
struct Hl7Time {
  VendorTime time;
  bool has_seconds = false;
};
fhir::Result<Hl7Time> hl7_time(std::string_view text, const Zone&, std::optional<std::chrono::minutes> fallback);

bool is_utf8(std::string_view);
std::string utf8_of_latin1(std::string_view);

}  // namespace adapters
