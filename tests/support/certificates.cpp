#include "tests/support/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace support {

namespace {

void require(bool good) {
  if (!good) throw std::runtime_error("OpenSSL made no test certificate");
}

void add_extension(X509& certificate, X509* issuer, const char* name, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer != nullptr ? issuer : &certificate, &certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_nconf(nullptr, &context, name, value);
  require(extension != nullptr && X509_add_ext(&certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

std::string content_of(BIO* memory) {
  char* bytes = nullptr;
  long size = BIO_get_mem_data(memory, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name) : key_(EVP_EC_gen("P-256")) {
  require(key_ != nullptr);
  const char* extensions[][2] = {
      {"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign,cRLSign"}, {nullptr, nullptr}};
  certificate_ = make(name, *key_, nullptr, *key_, extensions);
  file_ = write(name + ".pem", *certificate_);
}

gateway::http::TlsFiles TestAuthority::issue(const std::string& dns_name) {
  Key key(EVP_EC_gen("P-256"));
  require(key != nullptr);
  std::string names = "DNS:" + dns_name;
  const char* extensions[][2] = {{"basicConstraints", "critical,CA:FALSE"},
                                 {"extendedKeyUsage", "serverAuth,clientAuth"},
                                 {"subjectAltName", names.c_str()},
                                 {nullptr, nullptr}};
  Certificate certificate = make(dns_name, *key, certificate_.get(), *key_, extensions);
  std::string base = dns_name + "-" + std::to_string(serial_);
  gateway::http::TlsFiles files;
  files.certificate = write(base + ".pem", *certificate);
  files.key = write(base + ".key", *key);
  return files;
}

TestAuthority::Certificate TestAuthority::make(const std::string& subject, EVP_PKEY& key, X509* issuer,
                                               EVP_PKEY& signer, const char* extensions[][2]) {
  Certificate certificate(X509_new());
  require(certificate != nullptr);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial_);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24 * 3600);
  X509_set_pubkey(certificate.get(), &key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* bytes = reinterpret_cast<const unsigned char*>(subject.c_str());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, bytes, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), issuer != nullptr ? X509_get_subject_name(issuer) : name);
  for (std::size_t i = 0; extensions[i][0] != nullptr; ++i)
    add_extension(*certificate, issuer, extensions[i][0], extensions[i][1]);
  require(X509_sign(certificate.get(), &signer, EVP_sha256()) > 0);
  return certificate;
}

std::string TestAuthority::write(const std::string& name, X509& certificate) {
  BIO* memory = BIO_new(BIO_s_mem());
  require(PEM_write_bio_X509(memory, &certificate) == 1);
  return folder_.write(name, content_of(memory)).string();
}

std::string TestAuthority::write(const std::string& name, EVP_PKEY& key) {
  BIO* memory = BIO_new(BIO_s_mem());
  require(PEM_write_bio_PrivateKey(memory, &key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return folder_.write(name, content_of(memory)).string();
}

}  // namespace support
