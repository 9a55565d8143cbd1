#include "gateway/runtime/ids.hpp"

#include <algorithm>
#include <chrono>

namespace gateway {
namespace {
constexpr int sequence_bits = 15;
constexpr int node_bits = 6;
constexpr fhir::Time id_epoch = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
}  // namespace

IdText id_digits(std::int64_t id) {
  static constexpr char digits[] = "0123456789abcdef";
  IdText text;
  auto rest = static_cast<std::uint64_t>(id);
  for (std::size_t i = 16; i-- > 0; rest >>= 4) text.digits[i] = digits[rest & 15];
  return text;
}

std::string id_text(std::int64_t id) { return std::string(std::string_view(id_digits(id))); }

std::optional<std::int64_t> id_from_text(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : text) {
    std::uint64_t digit;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint64_t>(c - 'a') + 10;
    } else {
      return std::nullopt;
    }
    value = (value << 4) | digit;
  }
  if (value == 0 || value > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::int64_t IdSource::next(fhir::Time now) {
  std::int64_t millis = std::chrono::duration_cast<std::chrono::milliseconds>(now - id_epoch).count();
  millis = std::max<std::int64_t>(millis, 1);
  constexpr int low_bits = sequence_bits + node_bits;
  constexpr std::int64_t sequences = std::int64_t{1} << sequence_bits;
  std::int64_t last_millis = last_ >> low_bits;
  std::int64_t sequence = 0;
  if (last_millis >= millis) {
    millis = last_millis;
    sequence = (last_ & (sequences - 1)) + 1;
    if (sequence == sequences) {
      ++millis;
      sequence = 0;
    }
  }
  last_ = (millis << low_bits) | (static_cast<std::int64_t>(node_) << sequence_bits) | sequence;
  return last_;
}

}  // namespace gateway
