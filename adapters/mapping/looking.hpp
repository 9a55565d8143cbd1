// Looking up the parts of one item in a payload: what a slot gives, whether a condition holds, which number and which
// time is meant. Knows no items; decode puts them together.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter.hpp"
#include "adapters/mapping/decode.hpp"
#include "adapters/mapping/mapping.hpp"
#include "adapters/vendor_time.hpp"

namespace adapters::mapping {

// What a slot gave, or why it gave nothing that can be used.
struct Looked {
  enum class Fault : std::uint8_t { none, unlisted, failed };
  std::optional<Value> value;  // nothing without fault: there is nothing, and that is allowed or has to be judged
  Fault fault = Fault::none;
  std::string why;
  explicit operator bool() const { return value.has_value(); }
};

struct Number {
  fhir::Decimal value;
  Comparator comparator = Comparator::none;
};

std::optional<Comparator> comparator_of(std::string_view sign);  // "none" too

class Looking {
 public:
  Looking(const Context& context, const Mapping& mapping, Workspace& workspace, std::size_t text_bytes);

  // --- where expressions look; the document first ---
  void enter(const Value& item, std::size_t index, fhir::JsonValue place);
  void leave();
  const Value& in(Scope scope) const { return scopes_[scope].item; }
  // " of item [3][0]", or nothing outside every each.
  std::string item_text() const;
  // Of the innermost item; of the one around it where it was computed.
  fhir::JsonValue place() const { return scopes_.back().place; }
  // The innermost item is no part of the document but made by its expression.
  bool computed() const { return scopes_.back().computed; }

  // --- parts ---
  Looked look(const Slot& slot);
  // The same as text: the characters of a scalar. An error names the step; nothing where the slot may have nothing.
  fhir::Result<std::optional<std::string>> text(const Slot& slot);
  fhir::Result<std::optional<std::string>> id(const Slot& slot);
  fhir::Result<std::string> composite_id(const Slots& slots);
  // For people: what is not there is left out, what is no scalar is written as JSON.
  std::string free_text(const Slots& slots);
  std::string free_text(const Slot& slot);
  fhir::Result<std::optional<Number>> number(const NumberSlot& slot);
  fhir::Result<VendorTime> time(const TimeRule& rule);
  // All of them; an error when one cannot be decided.
  fhir::Result<bool> hold(const Conditions& conditions);

  // "readings[0].value '$.a' of item [3]: nothing there"
  fhir::Error fault(const Slot& slot, std::string_view what) const {
    return fhir::invalid(slot.step + item_text() + ": " + std::string(what));
  }
  std::string copy(std::string_view text);  // paid for
  // Whether everything so far could be paid for.
  bool affordable() const { return affordable_ && !workspace_.used_up(); }
  void pay(std::uint64_t steps);
  void place_of_value(const Value& value);

  // Every place a value of a number was read from, for whoever asks what was left unread.
  std::vector<std::uint32_t>& taken() { return taken_; }
  // What was done since the last call, for --explain.
  std::vector<std::string> take_trace() { return std::move(trace_); }
  bool tracing() const { return context_.steps != nullptr; }
  void trace(std::string line);
  Workspace& workspace() { return workspace_; }

 private:
  struct Level {
    Value item;
    std::size_t index = 0;
    fhir::JsonValue place;
    bool computed = false;
  };
  struct Remembered {
    bool known = false;
    Looked looked;
  };

  Looked evaluate(const Slot& slot);
  fhir::Result<bool> holds(const Condition& condition);
  fhir::Result<bool> exists(const Condition& condition);
  fhir::Result<VendorTime> wall_time(const TimeRule& rule, std::chrono::local_time<std::chrono::microseconds> wall,
                                     std::uint8_t fraction_digits);
  fhir::Result<VendorTime> text_time(const TimeRule& rule);
  fhir::Result<VendorTime> epoch_time(const TimeRule& rule);
  fhir::Result<std::optional<std::chrono::minutes>> offset(const TimeRule& rule);
  std::string_view scalar(const Value& value);

  const Context& context_;
  Workspace& workspace_;
  std::vector<Level> scopes_;
  std::vector<Remembered> document_slots_;  // what looks in the document gives the same for every item
  std::vector<std::uint32_t> taken_;
  std::vector<std::string> trace_;
  std::size_t text_left_;
  bool affordable_ = true;
};

}  // namespace adapters::mapping
