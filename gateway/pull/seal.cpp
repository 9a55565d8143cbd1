#include "gateway/pull/seal.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace gateway::pull {
namespace {

constexpr std::size_t nonce_bytes = 12, tag_bytes = 16;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
int length_of(std::string_view text) { return static_cast<int>(text.size()); }

// Each part with its length, so that two holders never write the same.
std::string bound_to(const Holder& holder) {
  std::string text;
  for (std::string_view part : {holder.tenant, holder.source, holder.user}) {
    text.append(std::to_string(part.size())).append(":").append(part);
  }
  return text;
}

}  // namespace

TokenSeal::TokenSeal(const Hmac& installation, Random& random)
    : key_(installation.full({"pull-token"})), random_(random) {}

std::string TokenSeal::seal(std::string_view token, const Holder& holder) const {
  const std::string bound = bound_to(holder);
  std::string sealed(nonce_bytes + token.size() + tag_bytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(sealed.data());
  random_.fill({out, nonce_bytes});
  unsigned char* body = out + nonce_bytes;
  Cipher cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool done =
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), out) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes(bound), length_of(bound)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), body, &length, bytes(token), length_of(token)) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), body + length, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, body + token.size()) == 1;
  if (!done) throw std::runtime_error("a token could not be sealed");
  return sealed;
}

std::optional<std::string> TokenSeal::open(std::string_view sealed, const Holder& holder) const {
  if (sealed.size() < nonce_bytes + tag_bytes) return std::nullopt;
  const std::string bound = bound_to(holder);
  const std::string_view body = sealed.substr(nonce_bytes, sealed.size() - nonce_bytes - tag_bytes);
  std::string tag(sealed.substr(sealed.size() - tag_bytes));
  std::string token(body.size() + 1, '\0');  // never an empty buffer
  auto* out = reinterpret_cast<unsigned char*>(token.data());
  Cipher cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool done = EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), bytes(sealed)) == 1 &&
                    EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes(bound), length_of(bound)) == 1 &&
                    EVP_DecryptUpdate(cipher.get(), out, &length, bytes(body), length_of(body)) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1 &&
                    EVP_DecryptFinal_ex(cipher.get(), out + length, &length) == 1;
  if (!done) return std::nullopt;
  token.resize(body.size());
  return token;
}

}  // namespace gateway::pull
