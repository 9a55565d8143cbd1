#include "adapters/draft.hpp"

#include <algorithm>
#include <utility>

namespace adapters {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

fhir::Error expected(fhir::JsonValue object, std::string_view key, const char* what) {
  return fhir::invalid(member_path(object, key) + ": expected " + what);
}

}  // namespace

void Draft::hold(QuarantineReason reason, std::string note) {
  if (fault_ && fault_->reason <= reason) return;
  fault_ = Fault{reason, std::move(note)};
}

void Draft::set_value(const fhir::Result<fhir::Decimal>& number) {
  if (!number) return hold(QuarantineReason::undecodable, number.error().detail);
  reading.value = *number;
  valued = true;
}

Item Draft::item() && {
  if (!fault_) return std::move(reading);
  Held held;
  held.reason = fault_->reason;
  held.note = std::move(fault_->note);
  held.record_id = std::move(reading.record_id);
  held.subject = std::move(reading.subject);
  held.device = std::move(reading.device);
  if (timed) held.time = reading.time;
  held.kind = reading.kind;
  if (valued) held.value = reading.value;
  held.unit = std::move(reading.unit);
  held.components = std::move(reading.components);
  return held;
}

std::string member_path(fhir::JsonValue object, std::string_view key) {
  std::string path = object.path();
  if (!path.empty()) path += '.';
  return path.append(key);
}

fhir::Result<std::string> read_id(fhir::JsonValue object, std::string_view key) {
  const fhir::JsonValue value = object[key];
  if (value.is_null()) return std::string();
  if (!value.is_string() && !value.is_number()) return expected(object, key, "a string");
  const std::string_view id = value.scalar();
  if (id.size() > longest_id) return expected(object, key, "at most 256 bytes");
  if (std::any_of(id.begin(), id.end(), is_control)) return expected(object, key, "no control characters");
  return std::string(id);
}

fhir::Result<std::string> read_text(fhir::JsonValue object, std::string_view key) {
  const fhir::JsonValue value = object[key];
  if (value.is_null()) return std::string();
  if (!value.is_string()) return expected(object, key, "a string");
  return printable(value.scalar());
}

std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(out.begin(), out.end(), is_control, ' ');
  return out;
}

fhir::Error too_many_items() {
  return {fhir::ErrorCategory::too_large, "more than " + std::to_string(most_items) + " items in one payload"};
}

std::string quoted_word(std::string_view word) {
  constexpr std::size_t longest = 40;
  constexpr int most_digits = 5;
  int digits = 0;
  const bool plain = !word.empty() && word.size() <= longest && std::all_of(word.begin(), word.end(), [&](char c) {
    if (c >= '0' && c <= '9') return ++digits <= most_digits;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' || c == ' ';
  });
  return plain ? "\"" + std::string(word) + "\"" : "(not shown)";
}

}  // namespace adapters
