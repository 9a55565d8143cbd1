#include "adapters/expression/value.hpp"

#include "fhir/json_writer.hpp"

namespace adapters::expression {

Value::Value(fhir::JsonValue place) {
  if (!place.absent()) held_ = place;
}

Value Value::boolean(bool yes) {
  Value value;
  value.held_ = yes;
  return value;
}

Value Value::number(fhir::Decimal number) {
  Value value;
  value.held_ = number;
  return value;
}

Value Value::number_text(std::string_view digits, bool real) {
  Value value;
  value.held_ = Digits{digits, real};
  return value;
}

Value Value::string(std::string_view text) {
  Value value;
  value.held_ = text;
  return value;
}

Value Value::array(const Value* first, std::size_t count) {
  Value value;
  value.held_ = Elements{first, count};
  return value;
}

Value Value::object(const Member* first, std::size_t count) {
  Value value;
  value.held_ = Members{first, count};
  return value;
}

Type Value::type() const {
  static constexpr Type by_index[] = {Type::null,   Type::null,   Type::boolean, Type::number,
                                      Type::number, Type::string, Type::array,   Type::object};
  if (const auto* place = std::get_if<fhir::JsonValue>(&held_)) return place->type();
  return by_index[held_.index()];
}

std::optional<bool> Value::boolean() const {
  if (const auto* yes = std::get_if<bool>(&held_)) return *yes;
  const auto* place = std::get_if<fhir::JsonValue>(&held_);
  if (place == nullptr || !place->is_boolean()) return std::nullopt;
  return place->scalar() == "true";
}

std::optional<std::string_view> Value::string() const {
  if (const auto* text = std::get_if<std::string_view>(&held_)) return *text;
  const auto* place = std::get_if<fhir::JsonValue>(&held_);
  return place == nullptr ? std::nullopt : place->text();
}

std::optional<fhir::Decimal> Value::number() const {
  if (const auto* number = std::get_if<fhir::Decimal>(&held_)) return *number;
  std::string_view digits;
  if (const auto* text = std::get_if<Digits>(&held_)) {
    digits = text->text;
  } else if (const auto* place = std::get_if<fhir::JsonValue>(&held_); place != nullptr && place->is_number()) {
    digits = place->scalar();
  } else {
    return std::nullopt;
  }
  const fhir::Result<fhir::Decimal> parsed = fhir::Decimal::parse(digits);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

std::string Value::number_text() const {
  if (const auto* number = std::get_if<fhir::Decimal>(&held_)) return number->text();
  if (const auto* digits = std::get_if<Digits>(&held_)) return std::string(digits->text);
  const auto* place = std::get_if<fhir::JsonValue>(&held_);
  return place != nullptr && place->is_number() ? std::string(place->scalar()) : std::string();
}

bool Value::is_real() const {
  if (const auto* number = std::get_if<fhir::Decimal>(&held_)) return number->scale() > 0;
  if (const auto* digits = std::get_if<Digits>(&held_)) return digits->real;
  const auto* place = std::get_if<fhir::JsonValue>(&held_);
  return place != nullptr && place->is_number() && place->scalar().find_first_of(".eE") != std::string_view::npos;
}

std::size_t Value::size() const {
  if (const auto* place = std::get_if<fhir::JsonValue>(&held_)) return place->size();
  if (const auto* elements = std::get_if<Elements>(&held_)) return elements->count;
  if (const auto* members = std::get_if<Members>(&held_)) return members->count;
  return 0;
}

std::optional<Value> Value::member(std::string_view key) const {
  if (const auto* place = std::get_if<fhir::JsonValue>(&held_)) {
    const fhir::JsonValue found = (*place)[key];
    return found.absent() ? std::nullopt : std::optional<Value>(found);
  }
  const auto* members = std::get_if<Members>(&held_);
  if (members == nullptr) return std::nullopt;
  for (std::size_t i = 0; i < members->count; ++i) {
    if (members->first[i].key == key) return members->first[i].value;
  }
  return std::nullopt;
}

std::optional<Value> Value::element(std::size_t index) const {
  if (const auto* place = std::get_if<fhir::JsonValue>(&held_)) {
    const fhir::JsonValue found = place->at(index);
    return found.absent() ? std::nullopt : std::optional<Value>(found);
  }
  const auto* elements = std::get_if<Elements>(&held_);
  if (elements == nullptr || index >= elements->count) return std::nullopt;
  return elements->first[index];
}

ChildIterator Value::begin() const {
  ChildIterator iterator;
  iterator.left_ = size();
  if (const auto* place = std::get_if<fhir::JsonValue>(&held_)) iterator.place_ = place->begin();
  if (const auto* elements = std::get_if<Elements>(&held_)) iterator.element_ = elements->first;
  if (const auto* members = std::get_if<Members>(&held_)) iterator.member_ = members->first;
  return iterator;
}

Child ChildIterator::operator*() const {
  if (element_ != nullptr) return {{}, *element_};
  if (member_ != nullptr) return {member_->key, member_->value};
  const fhir::JsonValue place = *place_;
  return {place.key(), place};
}

ChildIterator& ChildIterator::operator++() {
  if (element_ != nullptr) {
    ++element_;
  } else if (member_ != nullptr) {
    ++member_;
  } else {
    ++place_;
  }
  --left_;
  return *this;
}

fhir::JsonValue Value::place() const {
  const auto* place = std::get_if<fhir::JsonValue>(&held_);
  return place == nullptr ? fhir::JsonValue() : *place;
}

// Recursion is bounded by the document's depth and the nesting of the expressions that computed the value.
void Value::append_json(std::string& out) const {
  if (const auto* place = std::get_if<fhir::JsonValue>(&held_)) return place->append_json(out);
  switch (type()) {
    case Type::null:
      out += "null";
      return;
    case Type::boolean:
      out += *boolean() ? "true" : "false";
      return;
    case Type::number:
      out += number_text();
      return;
    case Type::string:
      fhir::append_json_string(out, *string());
      return;
    case Type::array:
    case Type::object:
      break;
  }
  const bool is_object = type() == Type::object;
  out += is_object ? '{' : '[';
  bool first = true;
  for (const Child child : *this) {
    if (!first) out += ',';
    first = false;
    if (is_object) {
      fhir::append_json_string(out, child.key);
      out += ':';
    }
    child.value.append_json(out);
  }
  out += is_object ? '}' : ']';
}

std::string Value::json() const {
  std::string out;
  append_json(out);
  return out;
}

}  // namespace adapters::expression
