// One item while it is being read. Reading goes on after a fault, so that what is held still says whom it concerns,
// when and how much (invariant 5); the gravest fault, in the order of QuarantineReason, is the one that is reported.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/adapter.hpp"

namespace adapters {

// Longer ids are no ids: they are part of keys and indexes, and the longest documented one (a hash) has 64 characters.
inline constexpr std::size_t longest_id = 256;

struct Draft {
  Measurement reading;
  bool timed = false;   // reading.time was read
  bool valued = false;  // reading.value was read

  // `note` names the place and what was expected there; never a value, never an identifier.
  void hold(QuarantineReason reason, std::string note);
  bool held() const { return fault_.has_value(); }

  void set_time(fhir::DateTime time) {
    reading.time = time;
    timed = true;
  }
  // Wall time of a zone. `doubled`: of the hour that autumn has twice.
  void set_wall_time(fhir::DateTime time, bool doubled) {
    set_time(time);
    reading.time_uncertain = reading.doubled_hour = doubled;
  }
  // The value of `number`, or the item is held as undecodable.
  void set_value(const fhir::Result<fhir::Decimal>& number);

  Item item() &&;

 private:
  struct Fault {
    QuarantineReason reason;
    std::string note;
  };
  std::optional<Fault> fault_;
};

// "measurements[2].value": the path of a member that may be missing.
std::string member_path(fhir::JsonValue object, std::string_view key);

// A string or a number as an id; empty when absent or null. Anything else, control characters and more than longest_id
// bytes are an error: an id that is dropped or cut would change what counts as the same reading.
fhir::Result<std::string> read_id(fhir::JsonValue object, std::string_view key);
// Free text for people: control characters become blanks (FHIR R4 string forbids them); empty when absent or null.
fhir::Result<std::string> read_text(fhir::JsonValue object, std::string_view key);
std::string printable(std::string_view text);

fhir::Error too_many_items();

// A word of the vendor's as it may be repeated in a note or a log: short and without anything that could be a number of
// a person; otherwise "(not shown)".
std::string quoted_word(std::string_view word);

}  // namespace adapters
