// What an adapter produces: vendor-neutral measurements and events, in payload order. Values and units are as the
// vendor sent them (normalising is gateway/ingest's step), so that what was said and how we wrote it stay apart.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fhir/decimal.hpp"
#include "fhir/kinds.hpp"
#include "fhir/quality.hpp"
#include "fhir/stated.hpp"
#include "fhir/time.hpp"

namespace adapters {

enum class Comparator : std::uint8_t { none, less, less_or_equal, greater_or_equal, greater };
enum class Origin : std::uint8_t { unstated, automatic, manual };  // read from a device, or typed by a person

// Why an item is not an accepted reading; closed lists of design.md 8.2, in order of precedence.
enum class QuarantineReason : std::uint8_t {
  undecodable,
  unknown_kind,
  unknown_unit,
  implausible,
  future_time,
  invalid_identifier,
  ambiguous_subject,
  unknown_subject,
  subject_changed
};
enum class IgnoreReason : std::uint8_t { control_solution, cancelled, heartbeat, goal_not_reading, not_a_reading };
std::string_view name(QuarantineReason);
std::string_view name(IgnoreReason);

struct Identifier {
  std::string system, value;
  bool operator==(const Identifier&) const = default;
};

struct Device {
  std::string id;  // vendor's device id or serial number
  std::string model;
  std::string firmware, batch;  // what a recall may go by; empty: not said
};

// Whom a payload speaks of. At least one is usually set; which patient it is, is decided later (links, national
// number).
struct Subject {
  std::string id;                     // the vendor's subject, or the device where the vendor knows only devices
  std::optional<Identifier> patient;  // an identifier of the person given in the payload itself
};

struct Component {
  fhir::Kind kind{};
  fhir::Decimal value;  // unused when absent
  std::string unit;     // as sent
  Comparator comparator = Comparator::none;
  fhir::AbsentReason absent{};  // why this part has no value
};

struct Measurement {
  std::string record_id;  // vendor's record id, part of the key; empty: keyed by instant and value
  std::string version;    // vendor's "modified" stamp: orders versions of one record, never part of the key
  Subject subject;
  Device device;
  fhir::DateTime time;
  bool time_uncertain = false;  // the doubled hour in autumn, or an upload time standing in for the measured time
  bool doubled_hour = false;    // the first of these two: `time` is the first occurrence, it may be an hour later
  fhir::Kind kind{};
  fhir::Decimal value;  // unused when components are given
  std::string unit;     // as sent; for ordinals empty
  std::string text;     // for ordinals and text: the vendor's word ("+1")
  Comparator comparator = Comparator::none;
  std::vector<Component> components;
  Origin origin = Origin::unstated;
  std::string note;  // vendor remark worth keeping ("isBeforeMeal")
  // A reading the device took and could not give a value for: no value, text or components, and nothing to breach or
  // clear. Of a reading in components, those that have none say so themselves.
  fhir::AbsentReason absent{};
  // The device's own word on the reading (status bits, measurement status); no part of its content.
  std::vector<fhir::Interpretation> interpretations;
  // The vendor's running number, in the order of measuring; 0: none. Orders readings whose times cannot.
  std::uint64_t sequence = 0;
  // Items of one vendor record (blood pressure and its pulse) share this, so that they can be shown together.
  std::string correlation;
  // Set: of no kind of ours (`kind` is unknown), stored as its source's mapping states it and never judged.
  std::shared_ptr<const fhir::Stated> stated;
  // The circumstances that limits and rules may ask for (fhir/circumstances.hpp); empty: not stated.
  std::string meal, oxygen, site;
  // Extensions the resource carries, as JSON objects with commas between: what a format needs to know of its reading later.
  std::string extensions;
};

struct Event {
  std::string record_id;
  Subject subject;
  Device device;
  fhir::DateTime time;
  fhir::EventKind kind{};
  std::string text;      // vendor's words
  std::string location;  // as given
  std::string contact;   // call-back as given
  bool alarm = false;        // the sender asks for a person, also where the kind alone is information
  bool time_stands_in = false;  // the sender gave no time; that of arrival stands in
  // medication-dispensed: the category of vkp-medicationdispense-events-v090 (empty: "1") and what was given, as given.
  std::string dispense, medication, dosage;
};

struct Ignored {
  IgnoreReason reason;
  std::string note;
};

// An item that cannot become a reading as it is; kept, with what is known of it, so that a known patient's technical
// alarm can be raised (invariant 5).
struct Held {
  QuarantineReason reason;
  std::string note;  // the failing step in one sentence; no values, no identifiers
  std::string record_id;
  Subject subject;
  Device device;
  std::optional<fhir::DateTime> time;
  fhir::Kind kind{};  // unknown unless it could be read
  std::optional<fhir::Decimal> value;
  std::string unit;
  std::vector<Component> components;  // those of a blood pressure that could be read
};

using Item = std::variant<Measurement, Event, Ignored, Held>;

struct Decoded {
  std::vector<Item> items;  // payload order; index in this vector is the item's index in the answer
};

}  // namespace adapters
