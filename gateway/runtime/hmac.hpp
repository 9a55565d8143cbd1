// HMAC-SHA256 under one secret, over a sequence of parts: keys of readings, identifiers we make, hashes of presented
// tokens. Also the plain digest that compares contents. Knows nothing of what the parts mean.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace gateway {

// Framed unambiguously (each part with its length before it), so that ("ab","c") and ("a","bc") differ. Callers make
// the first part a word for the purpose, so that two uses of one secret never meet.
class Hmac {
 public:
  using Full = std::array<std::uint8_t, 32>;
  using Short = std::array<std::uint8_t, 16>;  // store::Key
  using Parts = std::span<const std::string_view>;

  // Throws std::invalid_argument for an empty secret. Any thread may use one object at the same time; a copy shares its
  // key.
  explicit Hmac(std::string_view secret);

  Full full(Parts) const;
  Short key(Parts) const;  // the first 16 bytes
  Full full(std::initializer_list<std::string_view> parts) const { return full(Parts(parts.begin(), parts.size())); }
  Short key(std::initializer_list<std::string_view> parts) const { return key(Parts(parts.begin(), parts.size())); }

 private:
  struct Keyed;
  std::shared_ptr<const Keyed> keyed_;
};

// First 8 bytes of SHA-256, framed in the same way, as a number (store::Digest).
std::uint64_t sha256_digest(Hmac::Parts);
inline std::uint64_t sha256_digest(std::initializer_list<std::string_view> parts) {
  return sha256_digest(Hmac::Parts(parts.begin(), parts.size()));
}

// The whole SHA-256 of a text by itself, in lower hex.
std::string sha256_hex(std::string_view text);

// Whether two secrets are equal, in a time that tells nothing of either, its length included: their digests are
// compared.
bool same_secret(std::string_view a, std::string_view b);

// Lower-case hex of SHA-1: a format some vendors prescribe, never a choice of ours.
std::string sha1_hex(std::string_view);

}  // namespace gateway
