// JSON in: one parse into a flat tree, then reads that cannot go wrong silently. Numbers stay text until somebody asks for an
// exact Decimal. Iterative parsing with limits, UTF-8 checked, and a duplicate key anywhere is an error: two receivers must
// never read one payload differently. The only file, with json_writer, that spells RapidJSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/decimal.hpp"
#include "fhir/result.hpp"

namespace fhir {

struct JsonLimits {
  std::size_t depth = 64;
  std::size_t values = 4'000'000;  // all values of the document together
};

enum class JsonType : std::uint8_t { null, boolean, number, string, array, object };

class JsonDocument;

// A place in a document; 16 bytes, copied freely, valid while the document lives. A default-constructed value is "absent":
// type null, no members, every as_* an error.
class JsonValue {
 public:
  JsonValue() = default;
  JsonType type() const;
  bool absent() const { return document_ == nullptr; }
  bool is_null() const { return absent() || type() == JsonType::null; }
  bool is_object() const { return !absent() && type() == JsonType::object; }
  bool is_array() const { return !absent() && type() == JsonType::array; }
  bool is_string() const { return !absent() && type() == JsonType::string; }
  bool is_number() const { return !absent() && type() == JsonType::number; }
  bool is_boolean() const { return !absent() && type() == JsonType::boolean; }

  // Member of an object by key, absent when there is none or this is no object: chains need no checks in between.
  JsonValue operator[](std::string_view key) const;
  JsonValue at(std::size_t index) const;   // element of an array, absent beyond its end; O(index)
  std::size_t size() const;                // elements or members; 0 for scalars

  // Typed reads. The error names the path: "measurements[2].value: expected a number".
  Result<std::string_view> as_string() const;
  Result<Decimal> as_decimal() const;        // a number
  Result<Decimal> as_decimal_or_text() const;  // a number or a string holding one
  Result<std::int64_t> as_integer() const;   // a number without fraction
  Result<bool> as_boolean() const;
  // Optional text: the string, or nothing when absent, null or another type.
  std::optional<std::string_view> text() const;
  // The characters of a scalar as written: a string's content, a number's digits, "true"; empty otherwise.
  std::string_view scalar() const;

  // Where this value stands among all values of the document, in their order; what is inside it are those up to
  // position_end(), which is not among them. 0 and 1 for an absent one.
  std::uint32_t position() const { return node_; }
  std::uint32_t position_end() const;

  std::string path() const;  // "measurements[2].value"; computed only for errors
  std::string json() const;  // this value written back as compact JSON, numbers as they were written
  void append_json(std::string& out) const;

  // for (JsonValue v : array)   and   for (JsonValue v : object) with v.key()
  std::string_view key() const;  // the member name this value stands under; empty in arrays
  class Iterator {
   public:
    JsonValue operator*() const;
    Iterator& operator++();
    bool operator==(const Iterator&) const = default;

   private:
    friend class JsonValue;
    const JsonDocument* document_ = nullptr;
    std::uint32_t node_ = 0;
    std::uint32_t left_ = 0;
  };
  Iterator begin() const;
  Iterator end() const;

 private:
  friend class JsonDocument;
  friend class Iterator;
  JsonValue(const JsonDocument* document, std::uint32_t node) : document_(document), node_(node) {}
  const JsonDocument* document_ = nullptr;
  std::uint32_t node_ = 0;
};

// Owns the text and the tree. Movable while no JsonValue of it is in use (values point at the document).
class JsonDocument {
 public:
  JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  // `text` is copied once and parsed in place. The error says where: "byte 1041: missing a comma or }".
  static Result<JsonDocument> parse(std::string_view text, const JsonLimits& limits = {});
  // Parse into this document, re-using its memory (hot paths keep one per thread).
  Result<void> reparse(std::string_view text, const JsonLimits& limits = {});

  JsonValue root() const { return JsonValue(this, 0); }

 private:
  friend class JsonValue;
  friend class JsonValue::Iterator;
  struct Node;
  struct Tree;
  std::unique_ptr<Tree> tree_;
};

}  // namespace fhir
