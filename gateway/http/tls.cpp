#include "gateway/http/tls.hpp"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <stdexcept>

namespace gateway::http {

namespace ssl = boost::asio::ssl;

std::shared_ptr<ssl::context> make_tls_context(const TlsFiles& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // For 1.2 only; the suites of 1.3 are all of this kind. (HelseID and Norm: TLS 1.2 with forward secrecy or better.)
  if (SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
    throw std::runtime_error("TLS: no cipher suites");
  boost::system::error_code ec;
  context->use_certificate_chain_file(files.certificate, ec);
  if (ec) throw std::runtime_error("tls.certificate cannot be used: " + ec.message());
  context->use_private_key_file(files.key, ssl::context::pem, ec);
  if (ec) throw std::runtime_error("tls.key cannot be used: " + ec.message());
  if (SSL_CTX_check_private_key(native) != 1) throw std::runtime_error("tls.key does not belong to tls.certificate");
  if (files.client_ca.empty()) return context;
  context->load_verify_file(files.client_ca, ec);
  if (ec) throw std::runtime_error("tls.client_ca cannot be used: " + ec.message());
  SSL_CTX_set_client_CA_list(native, SSL_load_client_CA_file(files.client_ca.c_str()));
  context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, ec);
  if (ec) throw std::runtime_error("tls.client_ca cannot be used: " + ec.message());
  // Without it OpenSSL refuses to resume sessions that carry a client certificate.
  static constexpr unsigned char session_context[] = "hjemport";
  SSL_CTX_set_session_id_context(native, session_context, sizeof session_context - 1);
  return context;
}

std::string client_subject(SSL* connection) {
  X509* const certificate = SSL_get0_peer_certificate(connection);
  if (!certificate) return {};
  std::unique_ptr<BIO, decltype(&BIO_free_all)> const text(BIO_new(BIO_s_mem()), &BIO_free_all);
  unsigned long const format =
      (XN_FLAG_RFC2253 | ASN1_STRFLGS_UTF8_CONVERT) & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  if (!text || X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, format) < 0) return {};
  char* data = nullptr;
  long const size = BIO_get_mem_data(text.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace gateway::http
