#include "gateway/http/target.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "gateway/http/characters.hpp"

namespace gateway::http {

namespace {

constexpr std::uint8_t in_path = 1, in_query = 2, in_host = 4;

// RFC 3986 pchar and "/" in a path; browsers send "|" raw there, and in a query a few more (WHATWG URL, query
// percent-encode set), FHIR clients among them ("identifier=system|value").
constexpr std::array<std::uint8_t, 256> character_table() {
  std::array<std::uint8_t, 256> table{};
  auto const set = [&table](std::string_view characters, std::uint8_t bits) {
    for (char c : characters) table[static_cast<unsigned char>(c)] |= bits;
  };
  set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~", in_path | in_query | in_host);
  set("!$&'()*+,;=", in_path | in_query | in_host);
  set(":@/|%", in_path | in_query);
  set("?[]{}^`\\", in_query);
  return table;
}
constexpr std::array<std::uint8_t, 256> characters = character_table();

bool all(std::string_view text, std::uint8_t bit) {
  for (char c : text) {
    if (!(characters[static_cast<unsigned char>(c)] & bit)) return false;
  }
  return true;
}

bool valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    auto const lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    std::size_t const length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || i + length > text.size()) return false;
    std::uint32_t code = lead & (0xFFu >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      auto const next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3F);
    }
    bool const overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    i += length;
  }
  return true;
}

bool decode_into(std::string_view text, Plus plus, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return false;
      int const high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high << 4 | low);
      i += 2;
    } else if (c == '+' && plus == Plus::space) {
      c = ' ';
    }
    if (c == '\0') return false;
    out += c;
  }
  return valid_utf8(out);
}

// What the decoded path may not contain although its escapes were well formed.
bool safe_path(std::string_view raw, std::string_view decoded) {
  auto const slashes = [](std::string_view text) {
    std::size_t count = 0;
    for (char c : text) count += c == '/';
    return count;
  };
  if (raw.size() != decoded.size() && slashes(raw) != slashes(decoded)) return false;  // an encoded slash
  std::size_t segment = 1;
  for (std::size_t i = 1; i <= decoded.size(); ++i) {
    if (i < decoded.size() && decoded[i] != '/') {
      auto const byte = static_cast<unsigned char>(decoded[i]);
      if (byte < 0x20 || byte == 0x7F || byte == '\\') return false;
      continue;
    }
    std::string_view const part = decoded.substr(segment, i - segment);
    if (part == "." || part == "..") return false;
    segment = i + 1;
  }
  return true;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix) {
  return equals_lower(text.substr(0, lower_prefix.size()), lower_prefix);
}

bool valid_ip_literal(std::string_view inside) {
  if (inside.find(':') == std::string_view::npos) return false;
  for (char c : inside) {
    if (hex_digit(c) < 0 && c != ':' && c != '.') return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  if (!decode_into(text, plus, out)) return std::nullopt;
  return out;
}

bool valid_authority(std::string_view authority) {
  std::string_view host = authority, port;
  if (host.starts_with('[')) {
    std::size_t const end = host.find(']');
    if (end == std::string_view::npos || !valid_ip_literal(host.substr(1, end - 1))) return false;
    std::string_view const rest = host.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return false;
    port = rest.empty() ? rest : rest.substr(1);
  } else {
    std::size_t const colon = host.find(':');
    if (colon != std::string_view::npos) port = host.substr(colon + 1);
    host = host.substr(0, colon);
    if (host.empty() || !all(host, in_host)) return false;
  }
  if (port.size() > 5) return false;
  for (char c : port) {
    if (c < '0' || c > '9') return false;
  }
  return true;
}

bool parse_target(std::string_view text, Target& target) {
  target.query = {};
  target.authority = {};
  if (text == "*") {
    target.path = "*";
    return true;
  }
  if (!text.starts_with('/')) {
    std::size_t const scheme = starts_with_ignoring_case(text, "http://")    ? 7
                               : starts_with_ignoring_case(text, "https://") ? 8
                                                                             : 0;
    if (scheme == 0) return false;
    std::size_t const end = std::min(text.find_first_of("/?", scheme), text.size());
    target.authority = text.substr(scheme, end - scheme);
    if (!valid_authority(target.authority)) return false;
    text.remove_prefix(end);
  }
  std::size_t const mark = text.find('?');
  std::string_view const path = text.substr(0, mark);
  if (mark != std::string_view::npos) target.query = text.substr(mark + 1);
  if (!all(path, in_path) || !all(target.query, in_query)) return false;
  if (path.empty()) {
    target.path = "/";  // absolute form without a path (RFC 9112 3.2.2)
    return true;
  }
  return decode_into(path, Plus::literal, target.path) && safe_path(path, target.path);
}

}  // namespace gateway::http
