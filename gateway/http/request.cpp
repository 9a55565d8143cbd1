#include "gateway/http/request.hpp"

#include <algorithm>
#include <array>

#include "gateway/http/characters.hpp"
#include "gateway/http/target.hpp"

namespace gateway::http {

namespace {

bool unreserved(char c) {
  return letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string_view name(Method method) {
  static constexpr std::array<std::string_view, 8> names{"GET",   "HEAD",   "POST",    "PUT",
                                                         "PATCH", "DELETE", "OPTIONS", "other"};
  return names[static_cast<std::size_t>(method)];
}

Headers::Headers(std::initializer_list<Field> fields) {
  for (const Field& field : fields) add(field.first, field.second);
}

void Headers::add(std::string_view name, std::string_view value) {
  auto const at = static_cast<std::uint32_t>(text_.size());
  for (char c : name) text_ += lower(c);
  std::string_view const lower_name = std::string_view(text_).substr(at);
  if (auto* span = const_cast<Span*>(span_of(lower_name))) {
    text_.resize(at);
    auto const joined = static_cast<std::uint32_t>(text_.size());
    text_.reserve(text_.size() + span->value_size + 2 + value.size());
    text_.append(text_.data() + span->value, span->value_size).append(", ").append(value);
    span->value = joined;
    span->value_size = static_cast<std::uint32_t>(text_.size()) - joined;
    return;
  }
  auto const value_at = static_cast<std::uint32_t>(text_.size());
  text_.append(value);
  spans_.push_back({at, static_cast<std::uint32_t>(name.size()), value_at, static_cast<std::uint32_t>(value.size())});
}

const Headers::Span* Headers::span_of(std::string_view lower_case_name) const {
  for (const Span& span : spans_) {
    if (span.name_size == lower_case_name.size() &&
        std::string_view(text_.data() + span.name, span.name_size) == lower_case_name) {
      return &span;
    }
  }
  return nullptr;
}

std::string_view Headers::find(std::string_view lower_case_name) const {
  const Span* span = span_of(lower_case_name);
  if (!span) return {};
  return {text_.data() + span->value, span->value_size};
}

bool Headers::contains(std::string_view lower_case_name) const {
  return span_of(lower_case_name) != nullptr;
}

Headers::Field Headers::operator[](std::size_t index) const {
  const Span& span = spans_[index];
  return {{text_.data() + span.name, span.name_size}, {text_.data() + span.value, span.value_size}};
}

void Headers::clear() {
  text_.clear();
  spans_.clear();
}

std::string_view Request::header(std::string_view lower_case_name) const {
  return headers.find(lower_case_name);
}

std::string_view Request::capture(std::string_view name) const {
  for (const auto& [key, value] : captures) {
    if (key == name) return value;
  }
  return {};
}

std::string Request::content_type() const {
  std::string_view value = header("content-type");
  value = value.substr(0, value.find(';'));
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  std::string type(value);
  std::transform(type.begin(), type.end(), type.begin(), lower);
  return type;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view form) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!form.empty()) {
    std::size_t const end = std::min(form.find('&'), form.size());
    std::string_view const pair = form.substr(0, end);
    form.remove_prefix(std::min(end + 1, form.size()));
    if (pair.empty()) continue;
    std::size_t const equals = std::min(pair.find('='), pair.size());
    auto key = percent_decode(pair.substr(0, equals), Plus::space);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), Plus::space);
    if (!key || !value) return std::nullopt;
    pairs.emplace_back(std::move(*key), std::move(*value));
  }
  return pairs;
}

std::string percent_encode(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (unreserved(c)) {
      out += c;
      continue;
    }
    auto const byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

}  // namespace gateway::http
