#include "gateway/runtime/hmac.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace gateway {
namespace {

using Full = Hmac::Full;
constexpr std::size_t block = 64;  // SHA-256's block

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

void check(int ok) {
  if (ok != 1) throw std::runtime_error("SHA-256 is not available");
}

Context new_context() {
  Context context(EVP_MD_CTX_new());
  check(context != nullptr);
  return context;
}

// Fetched once: looking the algorithm up by name on each use costs more than hashing a key.
const EVP_MD* sha256() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  check(method != nullptr);
  return method;
}

// One per thread and use: making and freeing contexts is what costs.
EVP_MD_CTX* scratch() {
  thread_local Context context = new_context();
  return context.get();
}

// Gathers framed parts so that the hash is fed in one call for everything of ordinary size.
class Framer {
 public:
  explicit Framer(EVP_MD_CTX* context) : context_(context) {}
  void add(std::string_view part) {
    std::uint64_t size = part.size();
    char length[8];
    for (int i = 0; i < 8; ++i) length[i] = static_cast<char>(size >> (8 * i));
    append({length, sizeof length});
    append(part);
  }
  void finish() {
    if (used_) check(EVP_DigestUpdate(context_, buffer_, used_));
    used_ = 0;
  }

 private:
  void append(std::string_view bytes) {
    if (bytes.empty()) return;  // an empty view may point nowhere, and memcpy takes no null pointer
    if (bytes.size() > sizeof buffer_ - used_) finish();
    if (bytes.size() > sizeof buffer_) {
      check(EVP_DigestUpdate(context_, bytes.data(), bytes.size()));
      return;
    }
    std::memcpy(buffer_ + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }
  EVP_MD_CTX* context_;
  std::size_t used_ = 0;
  char buffer_[512];
};

Full sha256_of(Hmac::Parts parts) {
  EVP_MD_CTX* context = scratch();
  check(EVP_DigestInit_ex2(context, sha256(), nullptr));
  Framer framer(context);
  for (std::string_view part : parts) framer.add(part);
  framer.finish();
  Full result;
  check(EVP_DigestFinal_ex(context, result.data(), nullptr));
  return result;
}

}  // namespace

// RFC 2104 with the two padded keys hashed once. The two states are only copied from, which any number of threads may
// do at once; an EVP_MAC context is changed by use, would need one per object and thread, and measured no faster (190
// ns for four parts).
struct Hmac::Keyed {
  Context inner = new_context(), outer = new_context();
};

Hmac::Hmac(std::string_view secret) {
  if (secret.empty()) throw std::invalid_argument("an empty secret keys nothing");
  std::array<std::uint8_t, block> key{};
  if (secret.size() > block) {
    check(EVP_Digest(secret.data(), secret.size(), key.data(), nullptr, sha256(), nullptr));
  } else {
    std::copy(secret.begin(), secret.end(), key.begin());
  }
  auto keyed = std::make_shared<Keyed>();
  auto start = [&](EVP_MD_CTX* context, std::uint8_t pad) {
    std::array<std::uint8_t, block> padded;
    for (std::size_t i = 0; i < block; ++i) padded[i] = key[i] ^ pad;
    check(EVP_DigestInit_ex2(context, sha256(), nullptr));
    check(EVP_DigestUpdate(context, padded.data(), padded.size()));
    OPENSSL_cleanse(padded.data(), padded.size());
  };
  start(keyed->inner.get(), 0x36);
  start(keyed->outer.get(), 0x5c);
  OPENSSL_cleanse(key.data(), key.size());
  keyed_ = std::move(keyed);
}

Full Hmac::full(Parts parts) const {
  EVP_MD_CTX* context = scratch();
  check(EVP_MD_CTX_copy_ex(context, keyed_->inner.get()));
  Framer framer(context);
  for (std::string_view part : parts) framer.add(part);
  framer.finish();
  Full digest;
  check(EVP_DigestFinal_ex(context, digest.data(), nullptr));
  check(EVP_MD_CTX_copy_ex(context, keyed_->outer.get()));
  check(EVP_DigestUpdate(context, digest.data(), digest.size()));
  check(EVP_DigestFinal_ex(context, digest.data(), nullptr));
  return digest;
}

Hmac::Short Hmac::key(Parts parts) const {
  Full whole = full(parts);
  Short result;
  std::copy_n(whole.begin(), result.size(), result.begin());
  return result;
}

std::uint64_t sha256_digest(Hmac::Parts parts) {
  Full whole = sha256_of(parts);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | whole[i];
  return value;
}

std::string sha256_hex(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  Full whole;
  check(EVP_Digest(text.data(), text.size(), whole.data(), nullptr, sha256(), nullptr));
  std::string hex;
  hex.reserve(2 * whole.size());
  for (const std::uint8_t byte : whole) {
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

bool same_secret(std::string_view a, std::string_view b) {
  std::string_view one[] = {a}, other[] = {b};
  Full left = sha256_of(one), right = sha256_of(other);
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string sha1_hex(std::string_view text) {
  std::array<std::uint8_t, 20> digest;
  check(EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr));
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (std::uint8_t byte : digest) {
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

}  // namespace gateway
