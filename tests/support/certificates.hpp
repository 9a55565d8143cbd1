// Certificates made when a test needs them, so that no private key lies in the tree: a small authority and what it
// issues.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "gateway/http/server.hpp"
#include "tests/support/temporary_folder.hpp"

namespace support {

class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name);

  std::string file() const { return file_; }  // its own certificate, PEM
  // A certificate and key for a server (or client) of that DNS name; the files live as long as the authority.
  gateway::http::TlsFiles issue(const std::string& dns_name);

 private:
  struct Free {
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  using Certificate = std::unique_ptr<X509, Free>;
  using Key = std::unique_ptr<EVP_PKEY, Free>;

  Certificate make(const std::string& subject, EVP_PKEY& key, X509* issuer, EVP_PKEY& signer,
                   const char* extensions[][2]);
  std::string write(const std::string& name, X509&);
  std::string write(const std::string& name, EVP_PKEY&);

  tests::TemporaryFolder folder_;
  long serial_ = 1;
  Key key_;
  Certificate certificate_;
  std::string file_;
};

}  // namespace support
