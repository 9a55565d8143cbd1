#include "adapters/hl7v2_message.hpp"

#include <algorithm>

#include "adapters/draft.hpp"

namespace adapters {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A separator is a visible sign that no word, number or quotation needs.
bool can_separate(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return c > ' ' && c < '\x7f' && !letter && !is_digit(c) && c != '"';
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_hex(std::string& out, std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    const int high = hex_value(digits[i]), low = hex_value(digits[i + 1]);
    if (high < 0 || low < 0) return;
    bytes += static_cast<char>(high * 16 + low);
  }
  out += is_utf8(bytes) ? bytes : "?";
}

void append_escaped(std::string& out, std::string_view code, const Hl7Separators& separators) {
  if (code == "F") {
    out += separators.field;
  } else if (code == "S") {
    out += separators.component;
  } else if (code == "T") {
    out += separators.subcomponent;
  } else if (code == "R") {
    out += separators.repetition;
  } else if (code == "E") {
    out += separators.escape;
  } else if (code.starts_with('X')) {
    append_hex(out, code.substr(1));
  } else if (code.starts_with('.')) {
    out += ' ';  // .br and the other formatting commands
  }
}

bool starts_batch(std::string_view line) {
  return line.starts_with("FHS") || line.starts_with("BHS");
}
bool ends_batch(std::string_view line) {
  return line.starts_with("FTS") || line.starts_with("BTS");
}

}  // namespace

std::string_view hl7_part(std::string_view text, char separator, std::size_t n) {
  for (; n > 1; --n) {
    const std::size_t end = text.find(separator);
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find(separator));
}

std::string hl7_text(std::string_view raw, const Hl7Separators& separators) {
  std::string out;
  if (raw == "\"\"") return out;
  while (!raw.empty()) {
    const std::size_t start = raw.find(separators.escape);
    out.append(raw.substr(0, start));
    if (start == std::string_view::npos) break;
    raw.remove_prefix(start + 1);
    const std::size_t end = raw.find(separators.escape);
    if (end == std::string_view::npos) {  // never closed, so meant as it stands
      out += separators.escape;
      out.append(raw);
      break;
    }
    append_escaped(out, raw.substr(0, end), separators);
    raw.remove_prefix(end + 1);
  }
  return out;
}

Hl7Segment::Hl7Segment(std::string_view line, const Hl7Separators& separators) : line_(line), separators_(&separators) {
  std::string_view rest = line;
  std::size_t n = 0;
  if (line.starts_with("MSH") && line.size() > 3) {
    fields_[1] = line.substr(3, 1);
    rest = line.substr(4);
    n = 2;
  }
  for (; n <= most_fields; ++n) {
    const std::size_t end = rest.find(separators.field);
    fields_[n] = rest.substr(0, end);
    if (end == std::string_view::npos) return;
    rest.remove_prefix(end + 1);
  }
}

std::string_view Hl7Segment::field(std::size_t n) const {
  const std::string_view raw = n <= most_fields ? fields_[n] : std::string_view();
  return raw == "\"\"" ? std::string_view() : raw;
}

std::string_view Hl7Segment::component(std::size_t field, std::size_t n) const {
  const std::string_view raw = hl7_part(hl7_part(this->field(field), separators_->repetition, 1), separators_->component, n);
  return raw == "\"\"" ? std::string_view() : raw;
}

std::string_view Hl7Message::next_line(std::string_view& rest) {
  const std::size_t end = rest.find_first_of("\r\n");
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t") + 1 - first);
}

std::string_view Hl7Message::first_line() const {
  std::string_view rest = text_;
  return next_line(rest);
}

fhir::Result<Hl7Message> Hl7Message::read(std::string_view text) {
  Hl7Message message;
  message.text_ = text;
  const std::string_view line = message.first_line();
  if (line.size() < 4 || !can_separate(line[3])) return fhir::invalid("MSH.1: expected a field separator");
  Hl7Separators& separators = message.separators_;
  separators.field = line[3];
  const std::string_view signs = hl7_part(line.substr(4), separators.field, 1);
  std::string all = std::string(1, separators.field).append(signs);
  const bool fitting = (signs.size() == 4 || signs.size() == 5) && std::all_of(all.begin(), all.end(), can_separate);
  std::sort(all.begin(), all.end());
  if (!fitting || std::adjacent_find(all.begin(), all.end()) != all.end())
    return fhir::invalid("MSH.2: expected four different separators, as in ^~\\&");
  separators.component = signs[0];
  separators.repetition = signs[1];
  separators.escape = signs[2];
  separators.subcomponent = signs[3];
  return message;
}

bool Hl7Message::is_segment(std::string_view line) const {
  const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || is_digit(c); };
  return line.size() >= 3 && std::all_of(line.begin(), line.begin() + 3, fits) &&
         (line.size() == 3 || line[3] == separators_.field);
}

fhir::Result<std::vector<std::string_view>> hl7_messages(std::string_view payload) {
  if (payload.starts_with("\xef\xbb\xbf")) payload.remove_prefix(3);
  std::vector<std::string_view> messages;
  std::size_t open = 0;
  const char* start = nullptr;  // of the message being collected
  const auto end_message = [&](const char* end) {
    if (start != nullptr) messages.emplace_back(start, static_cast<std::size_t>(end - start));
    start = nullptr;
  };
  for (std::string_view rest = payload; !rest.empty();) {
    const std::string_view line = Hl7Message::next_line(rest);
    if (line.empty()) continue;
    if (line.starts_with("MSH")) {
      end_message(line.data());
      start = line.data();
      if (messages.size() == most_items) return too_many_items();
    } else if (starts_batch(line) || ends_batch(line)) {
      end_message(line.data());
      if (ends_batch(line) && open == 0) return fhir::invalid("the batch: it ends without having begun");
      open = starts_batch(line) ? open + 1 : open - 1;
    } else if (start == nullptr) {
      return fhir::invalid("the document: expected a message, beginning with MSH");
    }
  }
  end_message(payload.data() + payload.size());
  if (open > 0) return fhir::invalid("the batch: cut off, expected BTS or FTS at its end");
  if (messages.empty()) return fhir::invalid("the document: expected a message, beginning with MSH");
  return messages;
}

fhir::Result<Hl7Time> hl7_time(std::string_view text, const Zone& zone, std::optional<std::chrono::minutes> fallback) {
  constexpr const char* expectation = "expected a time such as 20261120083000+0100, at least to the minute";
  const std::size_t digits = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  if (digits != 12 && digits != 14) return fhir::invalid(expectation);
  const auto at = [&](std::size_t from, std::size_t count) { return std::string(text.substr(from, count)); };
  std::string written = at(0, 4) + "-" + at(4, 2) + "-" + at(6, 2) + "T" + at(8, 2) + ":" + at(10, 2) + ":";
  written += digits == 14 ? at(12, 2) : "00";
  std::string_view rest = text.substr(digits);
  if (rest.starts_with('.') && digits == 14) {
    const std::size_t end = std::min(rest.find_first_of("+-"), rest.size());
    written.append(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  if (rest.size() == 5 && (rest[0] == '+' || rest[0] == '-')) {
    written.append(rest.substr(0, 3)).append(":").append(rest.substr(3));
  } else if (!rest.empty()) {
    return fhir::invalid(expectation);
  } else if (fallback) {
    const auto minutes = fallback->count() < 0 ? -fallback->count() : fallback->count();
    const auto two = [](std::int64_t number) { return std::string(number < 10 ? "0" : "") + std::to_string(number); };
    written += (fallback->count() < 0 ? "-" : "+") + two(minutes / 60) + ":" + two(minutes % 60);
  }
  const auto time = time_of(written, zone);
  if (!time) return fhir::invalid(expectation);
  return Hl7Time{*time, digits == 14};
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80) continue;
    const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || i + more > text.size()) return false;
    std::uint32_t point = lead & (0x3fu >> more);
    for (std::size_t k = 0; k < more; ++k) {
      const auto next = static_cast<unsigned char>(text[i++]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3fu);
    }
    const bool overlong = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
    if (overlong || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
  }
  return true;
}

std::string utf8_of_latin1(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return out;
}

}  // namespace adapters
