#include "gateway/ingest/keys.hpp"

#include <charconv>
#include <cstring>

namespace gateway::ingest {
namespace {

// An instant as text without allocation; canonical, so equal instants written with other offsets give one key.
class InstantText {
 public:
  explicit InstantText(fhir::Time time) {
    end_ = std::to_chars(text_, text_ + sizeof text_, time.time_since_epoch().count()).ptr;
  }
  operator std::string_view() const { return {text_, static_cast<std::size_t>(end_ - text_)}; }

 private:
  char text_[24];
  char* end_;
};

}  // namespace

store::Key Keys::reading(std::string_view tenant, std::string_view source, std::string_view subject,
                         std::string_view record_id, std::string_view kind, fhir::Time measured,
                         std::string_view canonical_value) const {
  if (!record_id.empty()) return hmac_.key({"reading", tenant, source, subject, record_id, kind});
  return hmac_.key({"instant", tenant, source, subject, kind, InstantText(measured), canonical_value});
}

store::Key Keys::event(std::string_view tenant, std::string_view source, std::string_view subject,
                       std::string_view record_id, std::string_view kind, fhir::Time measured) const {
  if (!record_id.empty()) return hmac_.key({"event", tenant, source, subject, record_id, kind});
  return hmac_.key({"event-instant", tenant, source, subject, kind, InstantText(measured)});
}

store::Key Keys::payload(std::string_view tenant, std::string_view source, std::string_view bytes) const {
  return hmac_.key({"payload", tenant, source, bytes});
}

DeviceId Keys::device(std::string_view tenant, std::string_view source, std::string_view vendor_id) const {
  const store::Key key = hmac_.key({"device", tenant, source, vendor_id});
  std::uint64_t number;
  std::memcpy(&number, key.data(), sizeof number);
  number &= static_cast<std::uint64_t>(INT64_MAX);  // ids are positive
  return DeviceId{static_cast<std::int64_t>(number == 0 ? 1 : number)};
}

std::string hex(const store::Key& key) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(key.size() * 2, '0');
  for (std::size_t i = 0; i < key.size(); ++i) {
    text[2 * i] = digits[key[i] >> 4];
    text[2 * i + 1] = digits[key[i] & 15];
  }
  return text;
}

std::optional<store::Key> key_from_hex(std::string_view text) {
  store::Key key;
  if (text.size() != key.size() * 2) return std::nullopt;
  auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  for (std::size_t i = 0; i < key.size(); ++i) {
    const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    key[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return key;
}

std::string anew_identifier(const store::Key& key, ObservationId id) { return hex(key) + "-" + id.text(); }

std::optional<store::Key> key_of_identifier(std::string_view text) {
  const std::size_t hyphen = text.find('-');
  if (hyphen != std::string_view::npos && !ObservationId::parse(text.substr(hyphen + 1))) return std::nullopt;
  return key_from_hex(text.substr(0, hyphen));
}

}  // namespace gateway::ingest
