#include "gateway/auth/signature.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>
#include <string>

#include "gateway/runtime/hmac.hpp"

namespace gateway::auth {
namespace {

using config::Signature;

constexpr std::size_t digest_max = 32;

struct Digest {
  std::array<std::uint8_t, digest_max> bytes{};
  std::size_t size = 0;
};

struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

void check(int ok) {
  if (ok != 1) throw std::runtime_error("HMAC is not available");
}

std::size_t digest_size(Signature::Hash hash) {
  return hash == Signature::Hash::sha1 ? 20 : 32;
}

// RFC 2104 over the parts one after another, nothing between them.
Digest hmac(const Signature& signature, std::initializer_list<std::string_view> parts) {
  static EVP_MAC* const method = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  std::unique_ptr<EVP_MAC_CTX, FreeMac> const context(method ? EVP_MAC_CTX_new(method) : nullptr);
  check(context != nullptr);
  char sha1[] = "SHA1", sha256[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, signature.hash == Signature::Hash::sha1 ? sha1 : sha256,
                                       0),
      OSSL_PARAM_construct_end()};
  const auto* key = reinterpret_cast<const unsigned char*>(signature.key.data());
  check(EVP_MAC_init(context.get(), key, signature.key.size(), parameters));
  for (std::string_view part : parts) {
    if (part.empty()) continue;
    check(EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(part.data()), part.size()));
  }
  Digest digest;
  check(EVP_MAC_final(context.get(), digest.bytes.data(), &digest.size, digest.bytes.size()));
  return digest;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

bool decode_hex(std::string_view text, Digest& out, std::size_t size) {
  if (text.size() != 2 * size) return false;
  for (std::size_t i = 0; i < size; ++i) {
    const int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  out.size = size;
  return true;
}

// RFC 4648 4, canonical: with its padding, and no bits set that are not used. Nothing for anything else.
std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  text.remove_suffix(padding);
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (char c : text) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>(bits >> held & 255);
      bits &= (1U << held) - 1;
    }
  }
  if (bits != 0) return std::nullopt;
  return bytes;
}

bool decode(const Signature& signature, std::string_view text, Digest& out) {
  if (!text.starts_with(signature.prefix)) return false;
  text.remove_prefix(signature.prefix.size());
  const std::size_t size = digest_size(signature.hash);
  if (signature.encoding == Signature::Encoding::hex) return decode_hex(text, out, size);
  const std::optional<std::string> bytes = from_base64(text);
  if (!bytes || bytes->size() != size) return false;
  std::copy(bytes->begin(), bytes->end(), out.bytes.begin());
  out.size = size;
  return true;
}

// What the header says: the digest as text, and the instant as text where there is one.
struct Presented {
  std::string_view digest, time;
  bool malformed = false;
};

// "t=1795165200,v1=5257a8…": each name once; other names (v0 …) are passed over. Blanks mean that the header came twice
// or was put together by somebody else.
Presented inside(std::string_view value) {
  Presented presented;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(','), value.size());
    const std::string_view part = value.substr(0, end);
    value.remove_prefix(std::min(end + 1, value.size()));
    std::string_view* place = part.starts_with("t=")    ? &presented.time
                              : part.starts_with("v1=") ? &presented.digest
                                                        : nullptr;
    if (part.find(' ') != std::string_view::npos || (place && !place->empty())) presented.malformed = true;
    if (place) *place = part.substr(part.find('=') + 1);
  }
  return presented;
}

Presented presented_in(const Signature& signature, const http::Headers& headers) {
  const std::string_view value = headers.find(signature.header);
  if (signature.time == Signature::Time::inside) return inside(value);
  Presented presented;
  presented.digest = value;
  if (signature.time == Signature::Time::header) presented.time = headers.find(signature.time_header);
  return presented;
}

// Seconds since 1970, or milliseconds: INFERRED, vendors document neither; more than eleven digits of seconds are the
// year 5138 and later.
std::optional<fhir::Time> instant(std::string_view text) {
  std::int64_t count = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  constexpr std::size_t digits_max = 15;
  const bool digits = !text.empty() && text.size() <= digits_max &&
                      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (failure != std::errc{} || !digits) return std::nullopt;
  constexpr std::int64_t least_milliseconds = 100'000'000'000;
  if (count >= least_milliseconds) return fhir::Time(std::chrono::milliseconds(count));
  return fhir::Time(std::chrono::seconds(count));
}

std::string_view joint(const Signature& signature) {
  return signature.time == Signature::Time::inside ? "." : "";
}

}  // namespace

Checked check_signature(const Signature& signature, const http::Headers& headers, std::string_view body,
                        fhir::Time now) {
  const Presented presented = presented_in(signature, headers);
  const Digest right = hmac(signature, {presented.time, joint(signature), body});
  Checked checked;
  std::copy_n(right.bytes.begin(), checked.digest.size(), checked.digest.begin());

  Digest given;
  const bool decoded = decode(signature, presented.digest, given);
  const bool equal = CRYPTO_memcmp(given.bytes.data(), right.bytes.data(), right.size) == 0;
  const bool timed = signature.time != Signature::Time::none;
  const std::optional<fhir::Time> at = timed ? instant(presented.time) : std::nullopt;
  if (!headers.contains(signature.header)) {
    checked.refusal = Refusal::missing;
  } else if (presented.malformed || !decoded || (timed && !at)) {
    checked.refusal = Refusal::malformed;
  } else if (!equal || signature.key.empty()) {
    checked.refusal = Refusal::wrong;
  } else if (timed && std::chrono::abs(now - *at) > signature.window) {
    checked.refusal =
        Refusal::outside_window;  // said of right signatures only: it points at a clock or at a late retry
  }
  return checked;
}

std::optional<Refusal> check_header(const config::HeaderSecret& secret, const http::Headers& headers) {
  if (!headers.contains(secret.header)) return Refusal::missing;
  std::string given(headers.find(secret.header));
  if (secret.any_case) {
    std::transform(given.begin(), given.end(), given.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  }
  if (secret.value.empty() || !same_secret(given, secret.value)) return Refusal::wrong;
  return std::nullopt;
}

std::optional<Refusal> check_basic(std::string_view expected, const http::Headers& headers) {
  constexpr std::string_view scheme = "basic ";
  std::string_view value = headers.find("authorization");
  if (value.empty()) return Refusal::missing;
  std::string lower(value.substr(0, scheme.size()));
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (lower != scheme) return Refusal::malformed;
  value.remove_prefix(scheme.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  const std::optional<std::string> credentials = from_base64(value);
  if (!credentials) return Refusal::malformed;
  if (expected.empty() || !same_secret(*credentials, expected)) return Refusal::wrong;
  return std::nullopt;
}

std::optional<Refusal> check_certificate(std::string_view expected, std::string_view subject) {
  if (subject.empty()) return Refusal::missing;
  if (expected.empty() || subject != expected) return Refusal::wrong;
  return std::nullopt;
}

}  // namespace gateway::auth
