#include "fhir/json_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "fhir/json_writer.hpp"

// Its stack adds to a null pointer before the first allocation, which UndefinedBehaviorSanitizer rightly reports;
// harmless on every machine we build for, and not ours to change.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
// Looks for the end of a string sixteen bytes at a time.
#if defined(__SSE2__)
#define RAPIDJSON_SSE2
#endif
#include <rapidjson/reader.h>
#if defined(__clang__)
#pragma clang attribute pop
#endif

namespace fhir {

// Values in document order: the children of a container follow it directly, so the first child of n is n + 1. Text is
// kept as offsets into the buffer, so that a moved document stays whole.
struct JsonDocument::Node {
  std::uint32_t text = 0;    // scalar: its characters; object: one bit per hashed member name, see name_bits()
  std::uint32_t length = 0;  // scalar: bytes of text; container: number of children
  std::uint32_t key = 0;         // in an array: the index, so that a path costs the same wherever it points
  std::uint32_t key_length = 0;  // in an array: 0
  std::uint32_t parent = 0;  // the root is its own parent
  std::uint32_t next = 0;    // next sibling, 0 at the last one
  JsonType type = JsonType::null;
};

namespace {

// RapidJSON's UTF-8 check takes the bytes a lead byte announces without looking for the end of the text, and its search for
// the end of a string reads the sixteen aligned bytes that hold it.
constexpr std::size_t padding = 16;
// Up to so many members each pair is looked at; larger objects are sorted, so that hostile ones cost n log n.
constexpr std::uint32_t few_members = 16;
// A document that is re-used keeps at most this much memory for what one large payload needed.
constexpr std::size_t kept_bytes = std::size_t{4} << 20;

const char* reason(rapidjson::ParseErrorCode code) {
  using namespace rapidjson;
  switch (code) {
    case kParseErrorDocumentEmpty:
      return "no value";
    case kParseErrorDocumentRootNotSingular:
      return "something after the end of the value";
    case kParseErrorObjectMissName:
      return "missing a member name";
    case kParseErrorObjectMissColon:
      return "missing a colon";
    case kParseErrorObjectMissCommaOrCurlyBracket:
      return "missing a comma or }";
    case kParseErrorArrayMissCommaOrSquareBracket:
      return "missing a comma or ]";
    case kParseErrorStringUnicodeEscapeInvalidHex:
      return "an escape without four hexadecimal digits";
    case kParseErrorStringUnicodeSurrogateInvalid:
      return "half a surrogate pair";
    case kParseErrorStringEscapeInvalid:
      return "an unknown escape";
    case kParseErrorStringMissQuotationMark:
      return "a string without end";
    case kParseErrorStringInvalidEncoding:
      return "text that is not UTF-8";
    case kParseErrorNumberTooBig:
      return "a number too large for any reader";
    case kParseErrorNumberMissFraction:
      return "no digit after the decimal point";
    case kParseErrorNumberMissExponent:
      return "no digit in the exponent";
    default:
      return "not a JSON value";
  }
}

// A name whose bit is unset among those of an object is none of its members.
std::uint64_t name_bit(std::string_view name) {
  const std::size_t hash = name.empty() ? 0
                                        : name.size() + 7 * static_cast<unsigned char>(name.front()) +
                                              29 * static_cast<unsigned char>(name.back());
  return std::uint64_t{1} << (hash % 64);
}
// As they fit into a node.
std::uint32_t name_bits(std::uint64_t bits) { return static_cast<std::uint32_t>(bits | bits >> 32); }

bool is_ascii(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::uint64_t seen = 0;
  for (; end - at >= 8; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    seen |= word;
  }
  for (; at != end; ++at) seen |= static_cast<unsigned char>(*at);
  return (seen & 0x8080808080808080U) == 0;
}

// Member names of FHIR and vendor formats are such words. Anything else in its place, an identity number above all, is
// content and must not get into an error text.
bool is_plain_name(std::string_view key) {
  if (key.empty() || key.size() > 64) return false;
  int digits = 0;
  for (const char c : key) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit) return false;
    if (digit && ++digits > 4) return false;
  }
  return true;
}

}  // namespace

struct JsonDocument::Tree {
  // Handler of RapidJSON's events: appends nodes and refuses what the limits or we forbid.
  struct Builder;

  std::string buffer;
  std::vector<Node> nodes{Node{}};
  struct Frame {
    std::uint32_t node;
    std::uint32_t last_child;
    std::uint64_t key_bits;  // name_bit() of all names so far
  };
  std::vector<Frame> open;
  std::vector<std::uint32_t> sorted;  // scratch of the duplicate check
  rapidjson::Reader reader;

  std::string_view text(const Node& node) const { return {buffer.data() + node.text, node.length}; }
  std::string_view key(const Node& node) const { return {buffer.data() + node.key, node.key_length}; }
  Result<void> parse(std::string_view text, const JsonLimits& limits);
  void reset();
};

struct JsonDocument::Tree::Builder {
  Tree& tree;
  const JsonLimits& limits;
  const char* const base;
  const bool has_escapes;
  const char* refusal = nullptr;
  std::size_t refused_at = no_offset;
  std::uint32_t key_offset = 0;
  std::uint32_t key_length = 0;

  static constexpr std::size_t no_offset = std::numeric_limits<std::size_t>::max();

  bool refuse(const char* why, std::size_t offset = no_offset) {
    refusal = why;
    refused_at = offset;
    return false;
  }

  bool add(JsonType type, std::uint32_t text, std::uint32_t length) {
    if (tree.nodes.size() >= limits.values) return refuse("more values than allowed");
    const auto index = static_cast<std::uint32_t>(tree.nodes.size());
    Node node{text, length, key_offset, key_length, 0, 0, type};
    if (!tree.open.empty()) {
      Frame& frame = tree.open.back();
      node.parent = frame.node;
      if (tree.nodes[frame.node].type == JsonType::array) node.key = tree.nodes[frame.node].length;
      if (frame.last_child != 0) tree.nodes[frame.last_child].next = index;
      frame.last_child = index;
      ++tree.nodes[frame.node].length;
    }
    tree.nodes.push_back(node);
    key_offset = key_length = 0;
    return true;
  }

  bool start(JsonType type) {
    if (tree.open.size() >= limits.depth) return refuse("nested deeper than allowed");
    const auto index = static_cast<std::uint32_t>(tree.nodes.size());
    if (!add(type, 0, 0)) return false;
    tree.open.push_back({index, 0, 0});
    return true;
  }

  // Escapes can write what the raw text may not hold. RapidJSON lets a low surrogate alone pass. U+0000 is allowed by
  // RFC 8259 but by neither FHIR strings nor PostgreSQL text, and readers that end a string there would see another
  // document.
  bool check_escaped(const char* text, std::size_t length) {
    const auto offset = static_cast<std::size_t>(text - base);
    if (std::memchr(text, 0, length) != nullptr) return refuse("a NUL character", offset);
    for (std::size_t i = 0; i + 1 < length; ++i) {
      if (text[i] == '\xED' && static_cast<unsigned char>(text[i + 1]) >= 0xA0)
        return refuse("half a surrogate pair", offset);
    }
    return true;
  }

  bool repeated_among_few(const Frame& frame) const {
    const std::string_view name(base + key_offset, key_length);
    for (std::uint32_t child = frame.node + 1; frame.last_child != 0 && child != 0; child = tree.nodes[child].next) {
      if (tree.key(tree.nodes[child]) == name) return true;
    }
    return false;
  }

  // The position of a repeated name in a large object, 0 when there is none (a name never stands at byte 0).
  std::uint32_t repeated_among_many(std::uint32_t object) const {
    auto& order = tree.sorted;
    order.clear();
    for (std::uint32_t child = object + 1; child != 0; child = tree.nodes[child].next) order.push_back(child);
    const auto key = [&](std::uint32_t node) { return tree.key(tree.nodes[node]); };
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      const std::string_view left = key(a), right = key(b);
      return left.size() != right.size() ? left.size() < right.size() : left < right;
    });
    const auto twice = std::adjacent_find(order.begin(), order.end(),
                                          [&](std::uint32_t a, std::uint32_t b) { return key(a) == key(b); });
    return twice == order.end() ? 0 : std::max(tree.nodes[*twice].key, tree.nodes[*(twice + 1)].key);
  }

  bool Null() { return add(JsonType::null, 0, 0); }
  bool Bool(bool yes) { return add(JsonType::boolean, yes, 0); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    return add(JsonType::number, static_cast<std::uint32_t>(text - base), length);
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (has_escapes && !check_escaped(text, length)) return false;
    return add(JsonType::string, static_cast<std::uint32_t>(text - base), length);
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    if (has_escapes && !check_escaped(text, length)) return false;
    key_offset = static_cast<std::uint32_t>(text - base);
    key_length = length;
    Frame& frame = tree.open.back();
    const std::uint64_t bit = name_bit({text, length});
    const bool may_be_there = (frame.key_bits & bit) != 0;
    frame.key_bits |= bit;
    if (tree.nodes[frame.node].length >= few_members) return true;  // decided at the end of the object
    return !may_be_there || !repeated_among_few(frame) || refuse("a repeated member name", key_offset);
  }
  bool StartObject() { return start(JsonType::object); }
  bool StartArray() { return start(JsonType::array); }
  bool EndArray(rapidjson::SizeType) {
    tree.open.pop_back();
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    const std::uint32_t object = tree.open.back().node;
    tree.nodes[object].text = name_bits(tree.open.back().key_bits);
    tree.open.pop_back();
    if (tree.nodes[object].length <= few_members) return true;
    const std::uint32_t twice = repeated_among_many(object);
    return twice == 0 || refuse("a repeated member name", twice);
  }

  // Numbers arrive as text; these events do not occur.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
};

void JsonDocument::Tree::reset() {
  if (buffer.capacity() > kept_bytes) std::string().swap(buffer);
  if (nodes.capacity() > kept_bytes / sizeof(Node)) std::vector<Node>().swap(nodes);
  if (sorted.capacity() > kept_bytes / sizeof(std::uint32_t)) std::vector<std::uint32_t>().swap(sorted);
  nodes.clear();
  open.clear();
}

Result<void> JsonDocument::Tree::parse(std::string_view text, const JsonLimits& limits) {
  reset();
  const auto fail = [this](std::size_t offset, const char* why) {
    nodes.assign(1, Node{});
    return Result<void>(invalid("byte " + std::to_string(offset) + ": " + why));
  };
  if (text.size() > std::numeric_limits<std::uint32_t>::max() - padding) return fail(0, "a document over 4 GB");
  buffer.reserve(text.size() + padding);
  buffer.assign(text).append(padding, '\0');

  constexpr unsigned flags =
      rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  rapidjson::InsituStringStream stream(buffer.data());
  const bool has_escapes = !text.empty() && std::memchr(text.data(), '\\', text.size()) != nullptr;
  Builder builder{*this, limits, buffer.data(), has_escapes};
  // The encoding check goes byte by byte; plain ASCII, the usual payload, needs none.
  if (is_ascii(text)) {
    reader.Parse<flags>(stream, builder);
  } else {
    reader.Parse<flags | rapidjson::kParseValidateEncodingFlag>(stream, builder);
  }

  if (reader.HasParseError()) {
    const std::size_t offset = reader.GetErrorOffset();
    if (builder.refusal != nullptr)
      return fail(builder.refused_at == Builder::no_offset ? offset : builder.refused_at, builder.refusal);
    if (text.starts_with("\xEF\xBB\xBF")) return fail(0, "a byte order mark");
    const rapidjson::ParseErrorCode code = reader.GetParseErrorCode();
    if (offset < text.size() && text[offset] == '\0') return fail(offset, "a NUL byte");
    if (code == rapidjson::kParseErrorStringEscapeInvalid && offset < text.size() && text[offset] != '\\')
      return fail(offset, "a raw control character in a string");
    return fail(offset, reason(code));
  }
  // The parser takes a NUL for the end of the text.
  if (stream.Tell() < text.size()) return fail(stream.Tell(), "a NUL byte");
  return {};
}

JsonDocument::JsonDocument() : tree_(std::make_unique<Tree>()) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

Result<JsonDocument> JsonDocument::parse(std::string_view text, const JsonLimits& limits) {
  JsonDocument document;
  const Result<void> parsed = document.reparse(text, limits);
  if (!parsed) return parsed.error();
  return document;
}

Result<void> JsonDocument::reparse(std::string_view text, const JsonLimits& limits) {
  if (!tree_) tree_ = std::make_unique<Tree>();
  return tree_->parse(text, limits);
}

JsonType JsonValue::type() const {
  return absent() ? JsonType::null : document_->tree_->nodes[node_].type;
}

JsonValue JsonValue::operator[](std::string_view key) const {
  if (!is_object()) return {};
  const auto* const nodes = document_->tree_->nodes.data();
  if ((nodes[node_].text & name_bits(name_bit(key))) == 0) return {};
  const char* const text = document_->tree_->buffer.data();
  std::uint32_t child = node_ + 1;
  for (std::uint32_t left = nodes[node_].length; left > 0; --left, child = nodes[child].next) {
    if (std::string_view(text + nodes[child].key, nodes[child].key_length) == key) return JsonValue(document_, child);
  }
  return {};
}

JsonValue JsonValue::at(std::size_t index) const {
  if (!is_array() || index >= size()) return {};
  std::uint32_t child = node_ + 1;
  for (; index > 0; --index) child = document_->tree_->nodes[child].next;
  return JsonValue(document_, child);
}

std::size_t JsonValue::size() const {
  return is_object() || is_array() ? document_->tree_->nodes[node_].length : 0;
}

namespace {

Error expected(const JsonValue& value, const char* what) {
  if (value.absent()) return invalid(std::string("a missing value: expected ") + what);
  const std::string path = value.path();
  return invalid((path.empty() ? "the document" : path) + ": expected " + what);
}

}  // namespace

Result<std::string_view> JsonValue::as_string() const {
  if (!is_string()) return expected(*this, "a string");
  return scalar();
}

Result<Decimal> JsonValue::as_decimal() const {
  if (!is_number()) return expected(*this, "a number");
  Result<Decimal> number = Decimal::parse(scalar());
  if (!number) return expected(*this, "a number of at most 18 digits");
  return number;
}

Result<Decimal> JsonValue::as_decimal_or_text() const {
  if (!is_string()) return as_decimal();
  Result<Decimal> number = Decimal::parse(scalar());
  if (!number) return expected(*this, "a number of at most 18 digits");
  return number;
}

Result<std::int64_t> JsonValue::as_integer() const {
  if (!is_number()) return expected(*this, "an integer");
  const std::string_view digits = scalar();
  std::int64_t integer = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), integer);
  if (error == std::errc() && end == digits.data() + digits.size()) return integer;
  const Result<Decimal> number = Decimal::parse(digits);
  if (!number || !number->is_integer()) return expected(*this, "an integer");
  return number->canonical().coefficient();
}

Result<bool> JsonValue::as_boolean() const {
  if (!is_boolean()) return expected(*this, "true or false");
  return document_->tree_->nodes[node_].text != 0;
}

std::optional<std::string_view> JsonValue::text() const {
  if (!is_string()) return std::nullopt;
  return scalar();
}

std::string_view JsonValue::scalar() const {
  if (absent()) return {};
  const auto& node = document_->tree_->nodes[node_];
  switch (node.type) {
    case JsonType::null:
      return "null";
    case JsonType::boolean:
      return node.text != 0 ? "true" : "false";
    case JsonType::number:
    case JsonType::string:
      return document_->tree_->text(node);
    case JsonType::array:
    case JsonType::object:
      break;
  }
  return {};
}

std::string_view JsonValue::key() const {
  return absent() ? std::string_view() : document_->tree_->key(document_->tree_->nodes[node_]);
}

std::uint32_t JsonValue::position_end() const {
  if (absent()) return 1;
  const auto& nodes = document_->tree_->nodes;
  std::uint32_t node = node_;
  while (node != 0 && nodes[node].next == 0) node = nodes[node].parent;
  return node == 0 ? static_cast<std::uint32_t>(nodes.size()) : nodes[node].next;
}

std::string JsonValue::path() const {
  if (absent()) return {};
  const auto& nodes = document_->tree_->nodes;
  std::vector<std::string> steps;
  for (std::uint32_t node = node_; node != 0; node = nodes[node].parent) {
    const std::uint32_t parent = nodes[node].parent;
    if (nodes[parent].type == JsonType::array) {
      steps.push_back('[' + std::to_string(nodes[node].key) + ']');
    } else {
      const std::string_view key = document_->tree_->key(nodes[node]);
      steps.push_back((parent == 0 ? "" : ".") + (is_plain_name(key) ? std::string(key) : std::string("?")));
    }
  }
  std::string path;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) path += *step;
  return path;
}

void JsonValue::append_json(std::string& out) const {
  if (absent()) {
    out += "null";
    return;
  }
  const auto& tree = *document_->tree_;
  for (std::uint32_t at = node_;; ++at) {
    const auto& node = tree.nodes[at];
    if (at != node_ && tree.nodes[node.parent].type == JsonType::object) {
      append_json_string(out, tree.key(node));
      out += ':';
    }
    const bool container = node.type == JsonType::object || node.type == JsonType::array;
    if (container) {
      out += node.type == JsonType::object ? '{' : '[';
      if (node.length > 0) continue;
      out += node.type == JsonType::object ? '}' : ']';
    } else if (node.type == JsonType::string) {
      append_json_string(out, tree.text(node));
    } else {
      out += JsonValue(document_, at).scalar();
    }
    // After a last child the containers it ends are closed, up to where we began.
    std::uint32_t done = at;
    while (done != node_ && tree.nodes[done].next == 0) {
      done = tree.nodes[done].parent;
      out += tree.nodes[done].type == JsonType::object ? '}' : ']';
    }
    if (done == node_) return;
    out += ',';
  }
}

std::string JsonValue::json() const {
  std::string out;
  append_json(out);
  return out;
}

JsonValue::Iterator JsonValue::begin() const {
  Iterator iterator = end();
  iterator.left_ = static_cast<std::uint32_t>(size());
  if (iterator.left_ > 0) iterator.node_ = node_ + 1;
  return iterator;
}

JsonValue::Iterator JsonValue::end() const {
  Iterator iterator;
  iterator.document_ = document_;
  return iterator;
}

JsonValue JsonValue::Iterator::operator*() const {
  return JsonValue(document_, node_);
}

JsonValue::Iterator& JsonValue::Iterator::operator++() {
  node_ = document_->tree_->nodes[node_].next;  // 0 after the last one, as in end()
  --left_;
  return *this;
}

}  // namespace fhir
