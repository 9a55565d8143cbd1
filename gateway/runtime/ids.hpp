// Ids: 63-bit, time-ordered, one type per thing so that two patients, or a patient and an alarm, cannot be mixed up. In text 16
// lower-case hex digits. Time order keeps the store's main table append-only at its right edge (limits.md section 5: random ids
// halve the rate).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "fhir/time.hpp"

namespace gateway {

// 16 hex digits, on the stack: for what writes many.
struct IdText {
  std::array<char, 16> digits;
  operator std::string_view() const { return {digits.data(), digits.size()}; }
};
IdText id_digits(std::int64_t);
std::string id_text(std::int64_t);
std::optional<std::int64_t> id_from_text(std::string_view);     // exactly that form, positive

template <class Tag>
struct Id {
  std::int64_t value = 0;  // 0: none
  explicit operator bool() const { return value != 0; }
  std::string text() const { return id_text(value); }
  static std::optional<Id> parse(std::string_view text) {
    std::optional<std::int64_t> number = id_from_text(text);
    if (!number) return std::nullopt;
    return Id{*number};
  }
  auto operator<=>(const Id&) const = default;
};
using PatientId = Id<struct PatientTag>;
using ObservationId = Id<struct ObservationTag>;
using EventId = Id<struct EventTag>;
using AlarmId = Id<struct AlarmTag>;
using LinkId = Id<struct LinkTag>;
using QuarantineId = Id<struct QuarantineTag>;
using DeviceId = Id<struct DeviceTag>;
using DeliveryId = Id<struct DeliveryTag>;
using RecallId = Id<struct RecallTag>;
using SuppressionId = Id<struct SuppressionTag>;

// Makes them: milliseconds since 2024-01-01 (42 bits), node (6 bits), sequence (15 bits). Never goes back: after a clock step
// or a full millisecond it counts on from the last one. One per writer; the committer's thread only.
class IdSource {
 public:
  // `last`: the highest id already in the store, so that a clock set back over a restart makes no id twice.
  explicit IdSource(int node, std::int64_t last = 0) : node_(node), last_(last) {}
  std::int64_t next(fhir::Time now);

 private:
  int node_;
  std::int64_t last_;
};

}  // namespace gateway

template <class Tag>
struct std::hash<gateway::Id<Tag>> {
  std::size_t operator()(gateway::Id<Tag> id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
