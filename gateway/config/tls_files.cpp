#include "gateway/config/tls_files.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>

namespace gateway::config {
namespace {
struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
}  // namespace

std::vector<TlsProblem> check_tls_files(const http::TlsFiles& files) {
  std::vector<TlsProblem> problems;
  std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_server_method()));
  if (!context) return {{"certificate", "TLS is not available"}};
  bool certificate = SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) == 1;
  if (!certificate)
    problems.push_back({"certificate", files.certificate + " cannot be read as a PEM certificate chain"});
  bool key = SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) == 1;
  if (!key) {
    // With a certificate loaded OpenSSL refuses a foreign key here already.
    problems.push_back({"key", files.key + (certificate ? " cannot be read as the PEM private key of the certificate"
                                                        : " cannot be read as a PEM private key")});
  }
  if (!files.client_ca.empty() && SSL_CTX_load_verify_file(context.get(), files.client_ca.c_str()) != 1) {
    problems.push_back({"client_ca", files.client_ca + " cannot be read as PEM certificates"});
  }
  ERR_clear_error();
  return problems;
}

}  // namespace gateway::config
