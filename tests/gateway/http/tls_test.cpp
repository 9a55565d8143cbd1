// TLS over loopback, with certificates made here and now: no key lies in the tree.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "gateway/http/tls.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/raw_http.hpp"

using gateway::http::Limits;
using gateway::http::TlsFiles;
using support::get;
using support::post;
using support::RawHttp;
using support::TestServer;

namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using File = std::unique_ptr<std::FILE, Freed<std::fclose>>;

struct Identity {
  Key key;
  Certificate certificate;
};

void add_name(X509* certificate, const char* field, const char* value) {
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), field, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(value), -1, -1, 0);
}

// Signed by `issuer`, or by itself.
Identity make_identity(const char* common_name, const Identity* issuer, bool authority) {
  Identity identity;
  identity.key.reset(EVP_EC_gen("P-256"));
  identity.certificate.reset(X509_new());
  X509* const certificate = identity.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  static long serial = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, identity.key.get());
  add_name(certificate, "C", "NO");
  add_name(certificate, "O", "Bod\xc3\xb8 kommune, omsorg");
  add_name(certificate, "CN", common_name);
  X509* const signer = issuer ? issuer->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> const constraint(X509V3_EXT_conf_nid(
      nullptr, nullptr, NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE"));
  X509_add_ext(certificate, constraint.get(), -1);
  X509_sign(certificate, issuer ? issuer->key.get() : identity.key.get(), EVP_sha256());
  return identity;
}

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hjemport-tls-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct Authority {
  Folder folder;
  Identity root = make_identity("Test root", nullptr, true);
  Identity server = make_identity("localhost", &root, false);
  Identity client = make_identity("sensor cloud", &root, false);

  Authority() {
    write("server.pem", server.certificate.get());
    write("root.pem", root.certificate.get());
    File const file(std::fopen(folder.file("server.key").c_str(), "w"));
    PEM_write_PrivateKey(file.get(), server.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }
  void write(const char* name, X509* certificate) {
    File const file(std::fopen(folder.file(name).c_str(), "w"));
    PEM_write_X509(file.get(), certificate);
  }
  TlsFiles files(bool client_ca) const {
    TlsFiles files;
    files.certificate = folder.file("server.pem");
    files.key = folder.file("server.key");
    if (client_ca) files.client_ca = folder.file("root.pem");
    return files;
  }
  Context client_context(const Identity* identity = nullptr) const {
    Context context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), root.certificate.get());
    if (identity) {
      SSL_CTX_use_certificate(context.get(), identity->certificate.get());
      SSL_CTX_use_PrivateKey(context.get(), identity->key.get());
    }
    return context;
  }
};

// With TLS 1.3 a refused client certificate shows only when the client reads.
bool refused(unsigned short port, SSL_CTX* context) {
  try {
    RawHttp client(port, context);
    return !client.try_send(get("/path/x")) || client.answer().status == 0;
  } catch (const std::runtime_error&) {
    return true;
  }
}

}  // namespace

TEST_CASE("tls: requests are served, with 1.3 where the client can", "[http][tls]") {
  Authority const authority;
  TestServer server({}, authority.files(false));
  Context const context = authority.client_context();
  RawHttp client(server.port(), context.get());
  CHECK(std::string(SSL_get_version(client.tls())) == "TLSv1.3");
  client.send(post("/echo", "hello") + get("/subject"));
  CHECK(client.answer().body == "hello");
  CHECK(client.answer().body.empty());
  client.send(get("/big"));
  CHECK(client.answer().body.size() == 1024 * 1024);
  client.send(post("/echo", std::string(200'000, 'x'), "Connection: close\r\n"));
  CHECK(client.answer().body.size() == 200'000);
  CHECK(client.ended());
}

TEST_CASE("tls: 1.2 is the least", "[http][tls]") {
  Authority const authority;
  TestServer server({}, authority.files(false));
  Context const context = authority.client_context();
  SSL_CTX_set_security_level(context.get(), 0);
  SECTION("1.2 with forward secrecy") {
    SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    RawHttp client(server.port(), context.get());
    client.send(get("/path/x"));
    CHECK(client.answer().body == "x");
  }
  SECTION("1.2 without") {
    SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context.get(), "ECDHE-ECDSA-AES128-SHA");
    CHECK_THROWS(RawHttp(server.port(), context.get()));
  }
  SECTION("1.1") {
    SSL_CTX_set_min_proto_version(context.get(), TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
    CHECK_THROWS(RawHttp(server.port(), context.get()));
  }
}

TEST_CASE("tls: with a client authority a certificate is required and its subject known", "[http][tls]") {
  Authority const authority;
  TestServer server({}, authority.files(true));
  SECTION("its own certificate") {
    Context const context = authority.client_context(&authority.client);
    RawHttp client(server.port(), context.get());
    client.send(get("/subject"));
    CHECK(client.answer().body == "CN=sensor cloud,O=Bod\xc3\xb8 kommune\\, omsorg,C=NO");
  }
  SECTION("none") {
    Context const context = authority.client_context();
    CHECK(refused(server.port(), context.get()));
  }
  SECTION("of another authority with the same name") {
    Identity const other_root = make_identity("Test root", nullptr, true);
    Identity const other = make_identity("sensor cloud", &other_root, false);
    Context const context = authority.client_context(&other);
    CHECK(refused(server.port(), context.get()));
  }
  SECTION("signed by itself") {
    Identity const self = make_identity("sensor cloud", nullptr, false);
    Context const context = authority.client_context(&self);
    CHECK(refused(server.port(), context.get()));
  }
  CHECK(server.observed().handled <= 1);
}

TEST_CASE("tls: a handshake that does not come is ended", "[http][tls]") {
  Authority const authority;
  Limits limits;
  limits.handshake = std::chrono::milliseconds(40);
  TestServer server(limits, authority.files(false));
  RawHttp silent(server.port());
  CHECK(silent.ended());
  RawHttp plain(server.port());
  plain.send(get("/path/x"));
  CHECK(plain.answer().status == 0);
  CHECK(server.counts().timeouts == 1);
  CHECK(server.observed().handled == 0);
}

TEST_CASE("tls: early refusals, streams and the stop work as on a plain socket", "[http][tls]") {
  Authority const authority;
  Limits limits;
  limits.body_bytes = 1000;
  TestServer server(limits, authority.files(false));
  Context const context = authority.client_context();
  {
    RawHttp client(server.port(), context.get());
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + std::string(100'000, 'x'));
    CHECK(client.answer().status == 413);
  }
  {
    RawHttp client(server.port(), context.get());
    client.send(get("/stream"));
    CHECK(client.answer().body == "onetwothree");
    CHECK(client.ended());
  }
  RawHttp endless(server.port(), context.get());
  endless.send(get("/endless"));
  endless.read_until("first\r\n");
  RawHttp idle(server.port(), context.get());
  idle.send(get("/path/x"));
  CHECK(idle.answer().status == 200);
  auto done = server.stop();
  CHECK(endless.read_to_end().empty());
  CHECK(idle.ended());
  CHECK(done.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
}

TEST_CASE("tls: files that cannot be used are named at start", "[http][tls]") {
  Authority const authority;
  TlsFiles files = authority.files(true);
  CHECK_NOTHROW(gateway::http::make_tls_context(files));
  SECTION("no certificate") {
    files.certificate = authority.folder.file("missing.pem");
    CHECK_THROWS_WITH(gateway::http::make_tls_context(files), Catch::Contains("tls.certificate"));
  }
  SECTION("a key that is none") {
    files.key = authority.folder.file("root.pem");
    CHECK_THROWS_WITH(gateway::http::make_tls_context(files), Catch::Contains("tls.key"));
  }
  SECTION("the certificate of another key") {
    files.certificate = authority.folder.file("root.pem");
    CHECK_THROWS_WITH(gateway::http::make_tls_context(files), Catch::Contains("tls."));
  }
  SECTION("no client authority") {
    files.client_ca = authority.folder.file("missing.pem");
    CHECK_THROWS_WITH(gateway::http::make_tls_context(files), Catch::Contains("tls.client_ca"));
  }
}
