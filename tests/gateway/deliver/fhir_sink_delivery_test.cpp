// The whole way over real sockets: committer, forwarder, libcurl, our own HTTP server with the demo's record system
// behind it.
#include <thread>

#include "gateway/deliver/curl_client.hpp"
#include "gateway/demo/fhir_sink.hpp"
#include "gateway/http/server.hpp"
#include "tests/gateway/deliver/forwarder_fixture.hpp"

using namespace gateway;
using namespace gateway::deliver;

namespace {

class SinkServer {
 public:
  explicit SinkServer(demo::FhirSink& sink) {
    sink.add_routes(router_, "/fhir");
    server_ = std::make_unique<http::Server>(std::vector<boost::asio::io_context*>{&context_}, router_, http::Limits());
    port = server_->listen({"127.0.0.1", 0, std::nullopt});
    server_->start();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~SinkServer() {
    std::promise<void> done;
    server_->stop([&] { done.set_value(); });
    done.get_future().wait();
    context_.stop();
    thread_.join();
  }
  unsigned short port = 0;

 private:
  boost::asio::io_context context_;
  http::Router router_{[](http::Request&, const http::Route&) { return std::nullopt; }};
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

}  // namespace

TEST_CASE_METHOD(ForwarderFixture, "delivery over sockets: each observation arrives once, corrections update it",
                 "[deliver][sockets]") {
  demo::FhirSink sink(system_clock());
  SinkServer server(sink);
  to.url = "http://127.0.0.1:" + std::to_string(server.port) + "/fhir";
  CurlClient http(context);
  begin(http);
  for (int i = 1; i <= 200; ++i) observe(i, i % 9 + 1);
  observe(5, 6, 2);
  raise_alarm(50, 1);
  REQUIRE(run_until([&] { return counts().delivered == 202; }));
  CHECK(sink.counts("Observation").created == 200);
  CHECK(sink.counts("DetectedIssue").created == 1);
  CHECK(sink.counts("Observation").refused == 0);
  CHECK(sink.sent("Observation", "urn:hjemport:reading|" + ingest::hex(key(5))).find("version 2") != std::string::npos);
  CHECK(end());
  CHECK(all_passed());
}

TEST_CASE_METHOD(ForwarderFixture, "delivery over sockets: a receiver that comes back gets what it missed",
                 "[deliver][sockets]") {
  demo::FhirSink sink(system_clock());
  auto server = std::make_unique<SinkServer>(sink);
  unsigned short port = server->port;
  to.url = "http://127.0.0.1:" + std::to_string(port) + "/fhir";
  CurlClient http(context);
  begin(http);
  observe(1, 1);
  REQUIRE(run_until([&] { return counts().delivered == 1; }));
  server.reset();
  for (int i = 2; i <= 100; ++i) observe(i, i % 9 + 1);
  REQUIRE(run_until([&] { return counts().breaker_open.load(); }));
  CHECK(end());

  SinkServer again(sink);
  to.url = "http://127.0.0.1:" + std::to_string(again.port) + "/fhir";
  begin(http);
  REQUIRE(run_until([&] { return sink.counts("Observation").created == 100; }));
  CHECK(counts().dead_letters == 0);
}
