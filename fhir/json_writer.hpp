// JSON out: appends compact JSON to a string. Keeps track of commas; the caller keeps objects balanced (asserted).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fhir/decimal.hpp"

namespace fhir {

class JsonValue;

// Quotes and escapes; input must be UTF-8 (all text that came through the reader is).
void append_json_string(std::string& out, std::string_view text);

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool);
  JsonWriter& value(std::int64_t);
  JsonWriter& value(int number) { return value(static_cast<std::int64_t>(number)); }
  JsonWriter& value(std::uint64_t);
  JsonWriter& value(const Decimal&);  // digits as kept
  JsonWriter& null();
  JsonWriter& raw(std::string_view json);  // already JSON, trusted
  JsonWriter& copy(JsonValue);             // a read value, as it was

  template <class T>
  JsonWriter& member(std::string_view name, const T& content) {
    key(name);
    return value(content);
  }
  // Written only when not empty: FHIR forbids empty strings.
  JsonWriter& member_if(std::string_view name, std::string_view text) { return text.empty() ? *this : member(name, text); }

 private:
  void separate();
  std::string& out_;
  std::size_t depth_ = 0;  // of open objects and arrays
  bool after_key_ = false;
};

}  // namespace fhir
