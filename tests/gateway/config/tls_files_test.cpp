// Keys are made here, at run time: none is in the repository.
#include "gateway/config/tls_files.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace {

struct Pair {
  std::string certificate, key;
};

Pair make_pair(const tests::TemporaryFolder& folder, const std::string& name) {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  Pair pair{(folder.path() / (name + ".pem")).string(), (folder.path() / (name + ".key")).string()};
  std::unique_ptr<FILE, decltype(&fclose)> out(fopen(pair.certificate.c_str(), "w"), fclose);
  REQUIRE(PEM_write_X509(out.get(), certificate.get()) == 1);
  out.reset(fopen(pair.key.c_str(), "w"));
  REQUIRE(PEM_write_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return pair;
}

std::vector<std::string> settings_with_problems(const gateway::http::TlsFiles& files) {
  std::vector<std::string> settings;
  for (const auto& problem : gateway::config::check_tls_files(files)) settings.emplace_back(problem.setting);
  return settings;
}

}  // namespace

TEST_CASE("TLS files: a certificate, its own key, and an authority", "[config][tls]") {
  using Settings = std::vector<std::string>;
  tests::TemporaryFolder folder;
  Pair own = make_pair(folder, "own"), other = make_pair(folder, "other");
  std::string nonsense = folder.write("nonsense.pem", "nonsense").string();
  CHECK(settings_with_problems({own.certificate, own.key, ""}) == Settings{});
  CHECK(settings_with_problems({own.certificate, own.key, other.certificate}) == Settings{});
  CHECK(settings_with_problems({own.certificate, other.key, ""}) == Settings{"key"});
  CHECK(settings_with_problems({nonsense, own.key, ""}) == Settings{"certificate"});
  CHECK(settings_with_problems({own.certificate, nonsense, nonsense}) == Settings{"key", "client_ca"});
}
