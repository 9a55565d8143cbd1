// A compiled mapping: what a mapping file says, ready to be applied to payloads. Made by mapping_file, applied by
// decode; immutable, shared by threads. docs/mapping.md explains the file.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter.hpp"
#include "adapters/mapping/expression.hpp"
#include "adapters/mapping/time_pattern.hpp"

namespace adapters::mapping {

struct Table {
  std::map<std::string, std::string, std::less<>> words;
  std::optional<std::string> otherwise;  // its `default`

  const std::string* find(std::string_view word) const;  // null when there is neither
};

// Where an expression looks: 0 is the document, n the item of the n-th `each`.
using Scope = std::uint32_t;

// One part of an item: fixed, or an expression with what is done to its result.
struct Slot {
  std::optional<Expression> at;
  Scope scope = 0;
  std::uint32_t number = 0;  // of this slot among all of the mapping
  std::string fixed;         // without `at`
  std::shared_ptr<const Table> table;
  std::optional<std::string> fallback;  // its `default`, when there is nothing
  bool optional = false;
  std::string step;  // "readings[0].value '$.glucose'", for notes
};
using MaybeSlot = std::optional<Slot>;

// A part made of several: a composite id, a text.
struct Slots {
  std::vector<Slot> parts;
  bool given() const { return !parts.empty(); }
};

struct Condition {
  enum class Test : std::uint8_t { holds, is, is_not, present, absent };
  Slot subject;
  Test test = Test::holds;
  std::vector<std::string> words;
};
using Conditions = std::vector<Condition>;  // all of them

struct NumberSlot {
  Slot from;
  std::optional<fhir::Decimal> times;
  MaybeSlot power;  // of ten
  bool comma = false;
};

struct TimeRule {
  enum class Form : std::uint8_t {
    text,
    epoch_seconds,
    epoch_millis,
    local_epoch_seconds,
    local_epoch_millis,
    pattern,
    received
  };
  enum class Offset : std::uint8_t { of_source, fixed, text, minutes, seconds };
  Form form = Form::text;
  MaybeSlot from;         // none when received
  MaybeSlot time_of_day;  // beside a date in `from`
  std::optional<TimePattern> pattern;
  Offset offset_form = Offset::of_source;
  std::chrono::minutes offset{0};
  MaybeSlot offset_slot;
  MaybeSlot plus_seconds;
};

struct DeviceRule {
  MaybeSlot id, model;
};
struct PatientRule {
  Slot system, value;
};
struct IgnoreRule {
  IgnoreReason reason{};
  Conditions when;
};

// What every item has, whatever it is.
struct ItemRule {
  std::string place;  // "readings[0]"
  Conditions when;
  std::vector<IgnoreRule> ignore;
  Slots id;
  MaybeSlot subject;
  std::optional<PatientRule> patient;
  DeviceRule device;
  std::optional<TimeRule> time;
  MaybeSlot kind;
};

struct ComponentRule {
  fhir::Kind kind{};
  bool required = false;
  NumberSlot value;
  MaybeSlot unit, comparator;
};

struct ReadingRule : ItemRule {
  Conditions ambiguous;
  std::optional<NumberSlot> value;
  std::vector<ComponentRule> components;
  MaybeSlot unit, comparator, origin, version;
  Slots note;
};

struct EventRule : ItemRule {
  Slots text, location, contact;
};

struct IgnoredRule {
  std::string place;
  Conditions when;
  IgnoreReason reason{};
};

struct Each {
  Expression at;
  Scope scope = 0;       // what it looks in
  bool members = false;  // items are {key, value} of an object's members
  std::string step;
};

// The sections that repeat over the same items.
struct Group {
  std::vector<Each> each;
  std::vector<ReadingRule> readings;
  std::vector<EventRule> events;
  std::vector<IgnoredRule> ignored;
  std::vector<std::pair<bool, std::size_t>> order;  // reading or event, as they stand in the file
};

struct Expected {  // an item of an example
  int line = 0;
  std::vector<std::pair<std::string, std::string>> fields;  // "kind", "value", …
  std::vector<int> lines;                                   // of each field
};

struct Example {
  int line = 0;
  std::string name, payload;
  std::string timezone = "Europe/Oslo";
  fhir::Time received{};
  std::optional<std::string> error;  // expected: the payload as a whole is refused so
  std::vector<Expected> items;
};

struct Mapping {
  std::string file, name;
  Conditions match;
  std::vector<Group> groups;
  bool otherwise_ignored = false;
  std::uint32_t slots = 0;  // how many there are
  std::vector<Example> examples;
  int examples_line = 0;
};

}  // namespace adapters::mapping
