// The guard and its body check behind the real server: over loopback, plain and with client certificates.
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "gateway/auth/guard.hpp"
#include "gateway/http/server.hpp"
#include "gateway/store/store.hpp"
#include "tests/gateway/auth/signed_config.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/raw_http.hpp"

using namespace gateway;
using support::RawHttp;

namespace {

const std::string native_body = R"({"measurements":[]})";

http::Awaitable<http::Response> tell(http::Request& request) {
  co_return http::Response(200, "text/plain", request.actor->id + " " + std::to_string(request.body.size()));
}

// The routes of /ingest with a handler that says who was let through with how many bytes.
class SignedServer {
 public:
  explicit SignedServer(std::optional<http::TlsFiles> tls = std::nullopt, http::Limits limits = {}) {
    clock_.set_wall(std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + std::chrono::hours(9));
    auto number = [](std::string_view) { return static_cast<store::Tenant>(1); };
    auto authenticator = std::make_shared<const auth::Authenticator>(config_, number);
    router_ = std::make_unique<http::Router>(auth::make_guard(config_, authenticator, audit_, metrics_, clock_));
    http::Route route;
    route.pattern = "/ingest/{source}";
    route.roles = static_cast<http::Roles>(http::Role::source);
    route.errors = http::ErrorBody::operation_outcome;
    route.handler = tell;
    for (http::Method method : {http::Method::get, http::Method::post}) {
      route.method = method;
      router_->add(route);
    }
    server_ = std::make_unique<http::Server>(std::vector<boost::asio::io_context*>{&context_}, *router_, limits);
    http::Listen listen;
    listen.address = "127.0.0.1";
    listen.tls = std::move(tls);
    port_ = server_->listen(listen);
    server_->start();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~SignedServer() {
    std::promise<void> stopped;
    server_->stop([&stopped] { stopped.set_value(); });
    stopped.get_future().wait();
    context_.stop();
    thread_.join();
  }
  unsigned short port() const { return port_; }

 private:
  config::Config config_ = tests::signed_config();
  support::ManualClock clock_;
  support::MemoryStore store_;
  journal::Committer committer_{store_, system_clock(), 0, {}};
  auth::AuditTrail audit_{committer_, clock_};
  Metrics metrics_;
  std::unique_ptr<http::Router> router_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  std::unique_ptr<http::Server> server_;
  unsigned short port_ = 0;
  std::thread thread_;
};

std::string signed_post(const std::string& body, std::string more = "Content-Type: application/json\r\n") {
  return support::post("/ingest/hub", body,
                       more + "X-Hub-Signature-256: " + tests::hmac_hex("hub-secret", body) + "\r\n");
}

}  // namespace

TEST_CASE("signed sockets: right, wrong and right again on one connection", "[auth][http]") {
  SignedServer server;
  RawHttp client(server.port());
  const std::string large = R"({"measurements":[)" + std::string(300'000, ' ') + "]}";
  std::string forged = signed_post(native_body);
  forged.replace(forged.size() - 2, 1, " ");
  client.send(signed_post(native_body));
  CHECK(client.answer().body == "hub 19");
  client.send(forged);
  CHECK(client.answer().status == 401);
  client.send(signed_post(large));
  CHECK(client.answer().body == "hub " + std::to_string(large.size()));
  // Two at once: what was left of the first request must not be left for the second.
  client.send(signed_post(native_body) + support::post("/ingest/hub", std::string(300, 'x')));
  CHECK(client.answer().status == 200);
  CHECK(client.answer().status == 401);
}

TEST_CASE("signed sockets: a body in pieces is checked whole", "[auth][http]") {
  SignedServer server;
  RawHttp client(server.port());
  const std::string request = signed_post(native_body);
  for (char c : request) client.send(std::string_view(&c, 1));
  CHECK(client.answer().body == "hub 19");
  client.send(
      "POST /ingest/hub HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\nX-Hub-Signature-256: " +
      tests::hmac_hex("hub-secret", native_body) + "\r\n\r\n5\r\n" + native_body.substr(0, 5) + "\r\ne\r\n" +
      native_body.substr(5) + "\r\n0\r\n\r\n");
  CHECK(client.answer().body == "hub 19");
}

// The signature is over what was sent; nothing of an unproved body is inflated.
TEST_CASE("signed sockets: a compressed body is checked as it came", "[auth][http]") {
  SignedServer server;
  // printf '{"measurements":[]}' | gzip -n9
  const unsigned char gzipped[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0xca,
                                   0x4d, 0x4d, 0x2c, 0x2e, 0x2d, 0x4a, 0xcd, 0x4d, 0xcd, 0x2b, 0x29, 0x56, 0xb2,
                                   0x8a, 0x8e, 0xad, 0x05, 0x00, 0xc5, 0x9f, 0xc0, 0x56, 0x13, 0x00, 0x00, 0x00};
  const std::string body(reinterpret_cast<const char*>(gzipped), sizeof gzipped);
  const std::string fields = "Content-Type: application/json\r\nContent-Encoding: gzip\r\n";
  RawHttp client(server.port());
  client.send(signed_post(body, fields));
  CHECK(client.answer().body == "hub 19");
  client.send(support::post("/ingest/hub", body,
                            fields + "X-Hub-Signature-256: " + tests::hmac_hex("hub-secret", native_body) + "\r\n"));
  CHECK(client.answer().status == 401);
  // Not gzip at all: 401, not 400, so nobody looked.
  client.send(support::post("/ingest/hub", "no gzip",
                            fields + "X-Hub-Signature-256: " + tests::hmac_hex("wrong", "no gzip") + "\r\n"));
  CHECK(client.answer().status == 401);
}

TEST_CASE("signed sockets: without a signature nobody waits for a body, with one it is bounded", "[auth][http]") {
  http::Limits limits;
  limits.body_bytes = 1000;
  SignedServer server(std::nullopt, limits);
  for (const char* source : {"hub", "no-such-source"}) {
    const std::string line = "POST /ingest/" + std::string(source) + " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n";
    RawHttp bare(server.port());
    bare.send(line + "Content-Length: 900\r\n\r\n");
    CHECK(bare.answer().status == 401);
    RawHttp presenting(server.port());
    presenting.send(line + "Content-Length: 900\r\nX-Hub-Signature-256: abc\r\n\r\n");
    CHECK(presenting.answer().status == 100);
    presenting.send(std::string(900, 'x'));
    CHECK(presenting.answer().status == 401);
    RawHttp large(server.port());
    large.send(line + "Content-Length: 1001\r\nX-Hub-Signature-256: abc\r\n\r\n");
    CHECK(large.answer().status == 413);
  }
}

TEST_CASE("signed sockets: handshakes, HEAD among them", "[auth][http]") {
  SignedServer server;
  RawHttp client(server.port());
  client.send(support::get("/ingest/fitbit?verify=fitbit-verification-code"));
  CHECK(client.answer().status == 204);
  client.send(support::get("/ingest/fitbit?verify=x"));
  CHECK(client.answer().status == 404);
  client.send(support::get("/ingest/oura?verification_token=oura-verification-token&challenge=abc"));
  CHECK(client.answer().body == R"({"challenge":"abc"})");
  client.send("HEAD /ingest/" + std::string(tests::hint_id) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.answer(RawHttp::To::head).status == 200);
  client.send(support::post("/ingest/polar", R"({"event":"PING"})", "Content-Type: application/json\r\n"));
  CHECK(client.answer().status == 200);
  client.send(support::post("/ingest/polar", R"({"event":"EXERCISE"})", "Content-Type: application/json\r\n"));
  CHECK(client.answer().status == 401);
}

TEST_CASE("signed sockets: the subject of a verified client certificate", "[auth][http][tls]") {
  support::TestAuthority authority("Test root");
  http::TlsFiles files = authority.issue("localhost");
  files.client_ca = authority.file();
  SignedServer server(files);
  auto status = [&](const char* name, const std::string& request) {
    const http::TlsFiles own = authority.issue(name);
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> const context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    SSL_CTX_load_verify_locations(context.get(), authority.file().c_str(), nullptr);
    REQUIRE(SSL_CTX_use_certificate_file(context.get(), own.certificate.c_str(), SSL_FILETYPE_PEM) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey_file(context.get(), own.key.c_str(), SSL_FILETYPE_PEM) == 1);
    RawHttp client(server.port(), context.get());
    client.send(request);
    return client.answer().status;
  };
  const std::string json = "Content-Type: application/json\r\n";
  CHECK(status("sensor-cloud", support::post("/ingest/machine", native_body, json)) == 200);
  CHECK(status("another-cloud", support::post("/ingest/machine", native_body, json)) == 401);
  CHECK(status("sensor-cloud", support::post("/ingest/strict", native_body, json)) == 401);
  CHECK(status("sensor-cloud",
               support::post("/ingest/strict", native_body, json + "Authorization: Bearer strict-secret\r\n")) == 200);
  CHECK(status("another-cloud",
               support::post("/ingest/strict", native_body, json + "Authorization: Bearer strict-secret\r\n")) == 401);
  CHECK(status("sensor-cloud", support::post("/ingest/no-such-source", native_body, json)) == 401);
}
