#include "gateway/api/search_cursor.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>
#include <vector>

#include "fhir/json_reader.hpp"
#include "fhir/json_writer.hpp"

namespace gateway::api {
namespace {

constexpr std::size_t nonce_bytes = 12, tag_bytes = 16;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// URL-safe alphabet without padding (RFC 4648 section 5).
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string base64url(std::string_view in) {
  std::string out;
  unsigned buffer = 0;
  int bits = 0;
  for (unsigned char c : in) {
    buffer = (buffer << 8) | c;
    for (bits += 8; bits >= 6; bits -= 6) out += alphabet[(buffer >> (bits - 6)) & 63];
  }
  if (bits > 0) out += alphabet[(buffer << (6 - bits)) & 63];
  return out;
}

std::optional<std::string> from_base64url(std::string_view in) {
  std::string out;
  unsigned buffer = 0;
  int bits = 0;
  for (char c : in) {
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    buffer = (buffer << 6) | static_cast<unsigned>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>((buffer >> bits) & 255);
    }
  }
  return out;
}

}  // namespace

CursorSeal::CursorSeal(const Hmac& hmac, Random& random) : key_(hmac.full({"search-cursor"})), random_(random) {}

std::string CursorSeal::seal(const SearchCursor& cursor, std::string_view tenant) const {
  std::string plain;
  fhir::JsonWriter(plain)
      .begin_object().member("t", cursor.type).member("p", cursor.parameters).member("h", cursor.horizon)
      .member("a", cursor.after.at.time_since_epoch().count()).member("i", cursor.after.id.value).end_object();

  std::string sealed(nonce_bytes + plain.size() + tag_bytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(sealed.data());
  random_.fill({out, nonce_bytes});
  Cipher cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool done = EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), out) == 1 &&
                    EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes(tenant), static_cast<int>(tenant.size())) == 1 &&
                    EVP_EncryptUpdate(cipher.get(), out + nonce_bytes, &length, bytes(plain), static_cast<int>(plain.size())) == 1 &&
                    EVP_EncryptFinal_ex(cipher.get(), out + nonce_bytes + length, &length) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, out + nonce_bytes + plain.size()) == 1;
  if (!done) throw std::runtime_error("a search cursor could not be sealed");
  return base64url(sealed);
}

std::optional<SearchCursor> CursorSeal::open(std::string_view text, std::string_view tenant) const {
  std::optional<std::string> sealed = from_base64url(text);
  if (!sealed || sealed->size() < nonce_bytes + tag_bytes) return std::nullopt;
  std::string plain(sealed->size() - nonce_bytes - tag_bytes, '\0');
  auto* in = reinterpret_cast<unsigned char*>(sealed->data());
  auto* out = reinterpret_cast<unsigned char*>(plain.data());
  Cipher cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool done = EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), in) == 1 &&
                    EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes(tenant), static_cast<int>(tenant.size())) == 1 &&
                    EVP_DecryptUpdate(cipher.get(), out, &length, in + nonce_bytes, static_cast<int>(plain.size())) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, in + nonce_bytes + plain.size()) == 1 &&
                    EVP_DecryptFinal_ex(cipher.get(), out + length, &length) == 1;
  if (!done) return std::nullopt;
  auto document = fhir::JsonDocument::parse(plain);
  if (!document) return std::nullopt;
  const fhir::JsonValue root = document->root();
  auto horizon = root["h"].as_integer(), at = root["a"].as_integer(), id = root["i"].as_integer();
  if (!horizon || !at || !id) return std::nullopt;
  SearchCursor cursor;
  cursor.type = root["t"].text().value_or("");
  cursor.parameters = root["p"].text().value_or("");
  cursor.horizon = *horizon;
  cursor.after.at = fhir::Time(std::chrono::microseconds(*at));
  cursor.after.id = ObservationId{*id};
  return cursor;
}

}  // namespace gateway::api
