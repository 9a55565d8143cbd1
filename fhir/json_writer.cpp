#include "fhir/json_writer.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <cstring>

#include "fhir/json_reader.hpp"

namespace fhir {
namespace {

// What a byte becomes inside a string: 0 itself, 'u' a \u00xx escape, else the letter after the backslash (RFC 8259
// section 7).
constexpr std::array<char, 256> escapes = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\t'] = 't';
  table['\n'] = 'n';
  table['\f'] = 'f';
  table['\r'] = 'r';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

// Whether one of eight bytes has to be escaped: a quote, a backslash or less than a blank. Of a word's bytes that are zero
// (after the xor) or less than a blank, at least the lowest keeps its top bit; the others may report one too many.
bool any_escapes(std::uint64_t word) {
  constexpr std::uint64_t ones = 0x0101010101010101U, tops = 0x8080808080808080U;
  const std::uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
  return ((((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & tops) != 0;
}

bool any_escapes(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::uint64_t word; end - at >= 8; at += 8) {
    std::memcpy(&word, at, 8);
    if (any_escapes(word)) return true;
  }
  for (; at != end; ++at) {
    if (escapes[static_cast<unsigned char>(*at)] != 0) return true;
  }
  return false;
}

// What most keys and words are: short and as they stand. One append for all of it, which is what writing them costs.
constexpr std::size_t short_text = 48;
bool append_short(std::string& out, bool comma, std::string_view text, bool colon) {
  if (text.size() > short_text || any_escapes(text)) return false;
  char whole[short_text + 4];
  char* end = whole;
  if (comma) *end++ = ',';
  *end++ = '"';
  if (!text.empty()) std::memcpy(end, text.data(), text.size());  // an empty view may point nowhere
  end += text.size();
  *end++ = '"';
  if (colon) *end++ = ':';
  out.append(whole, static_cast<std::size_t>(end - whole));
  return true;
}

template <class Number>
void append_number(std::string& out, Number number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (append_short(out, false, text, false)) return;
  out += '"';
  const char* run = text.data();
  const char* const end = run + text.size();
  for (const char* at = run; at != end; ++at) {
    for (std::uint64_t word; end - at >= 8; at += 8) {
      std::memcpy(&word, at, 8);
      if (any_escapes(word)) break;
    }
    if (at == end) break;
    const auto byte = static_cast<unsigned char>(*at);
    const char escape = escapes[byte];
    if (escape == 0) continue;
    out.append(run, static_cast<std::size_t>(at - run));
    run = at + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      constexpr std::string_view hex = "0123456789abcdef";
      out += "00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
  out.append(run, static_cast<std::size_t>(end - run));
  out += '"';
}

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  // What was opened last and has nothing in it yet ends in its bracket; no value does.
  if (depth_ != 0 && out_.back() != '{' && out_.back() != '[') out_ += ',';
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  out_ += '{';
  ++depth_;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  assert(depth_ != 0 && !after_key_);
  --depth_;
  out_ += '}';
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  out_ += '[';
  ++depth_;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  assert(depth_ != 0 && !after_key_);
  --depth_;
  out_ += ']';
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  assert(depth_ != 0 && !after_key_);
  after_key_ = true;
  const bool first = out_.back() == '{';
  if (append_short(out_, !first, name, true)) return *this;
  if (!first) out_ += ',';
  append_json_string(out_, name);
  out_ += ':';
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::value(bool yes) {
  return raw(yes ? "true" : "false");
}

JsonWriter& JsonWriter::value(std::int64_t number) {
  separate();
  append_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::value(std::uint64_t number) {
  separate();
  append_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::value(const Decimal& number) {
  separate();
  number.append_to(out_);
  return *this;
}

JsonWriter& JsonWriter::null() {
  return raw("null");
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

JsonWriter& JsonWriter::copy(JsonValue value) {
  separate();
  value.append_json(out_);
  return *this;
}

}  // namespace fhir
