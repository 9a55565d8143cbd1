// What an expression reads and yields: a place in a parsed document, or something computed that a Workspace holds. 32
// bytes or less, copied freely. Both expression languages of mapping files share it; it knows neither of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "fhir/decimal.hpp"
#include "fhir/json_reader.hpp"

namespace adapters::expression {

using Type = fhir::JsonType;

struct Member;
struct Child;
class ChildIterator;

// Valid while the document it points into, the Workspace that computed it and the compiled expression it may be a
// literal of all live.
class Value {
 public:
  Value() = default;             // null
  Value(fhir::JsonValue place);  // an absent place is null

  static Value boolean(bool);
  static Value number(fhir::Decimal);
  // Digits beyond a Decimal, or a double of the original's arithmetic. `real`: not an integer by type.
  static Value number_text(std::string_view digits, bool real);
  static Value string(std::string_view text);                 // the text is not copied
  static Value array(const Value* first, std::size_t count);  // neither are these
  static Value object(const Member* first, std::size_t count);

  Type type() const;
  bool is_null() const { return type() == Type::null; }

  std::optional<bool> boolean() const;
  std::optional<std::string_view> string() const;
  // Nothing when this is no number or has more digits than a Decimal holds.
  std::optional<fhir::Decimal> number() const;
  // A number as it was written, or as it is best written.
  std::string number_text() const;
  // A number written with a fraction or an exponent: the connector's arithmetic treats it as floating point.
  bool is_real() const;

  std::size_t size() const;                                 // elements or members, 0 for scalars
  std::optional<Value> member(std::string_view key) const;  // present and null is a value
  std::optional<Value> element(std::size_t index) const;

  // for (const Child child : value): the elements of an array or the members of an object, in order.
  ChildIterator begin() const;
  std::default_sentinel_t end() const { return {}; }

  // The place in the document, absent for what was computed; path() of it names the element in an error.
  fhir::JsonValue place() const;
  void append_json(std::string& out) const;
  std::string json() const;

 private:
  struct Digits {
    std::string_view text;
    bool real;
  };
  struct Elements {
    const Value* first;
    std::size_t count;
  };
  struct Members {
    const Member* first;
    std::size_t count;
  };
  std::variant<std::monostate, fhir::JsonValue, bool, fhir::Decimal, Digits, std::string_view, Elements, Members> held_;
};

struct Member {
  std::string_view key;
  Value value;
};

struct Child {
  std::string_view key;  // empty in arrays
  Value value;
};

class ChildIterator {
 public:
  Child operator*() const;
  ChildIterator& operator++();
  bool operator==(std::default_sentinel_t) const { return left_ == 0; }

 private:
  friend class Value;
  fhir::JsonValue::Iterator place_;
  const Value* element_ = nullptr;
  const Member* member_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace adapters::expression
