// Answers that go on: chunks, slow readers, readers that leave; and the graceful stop, which has to end them.
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "tests/support/http_server.hpp"
#include "tests/support/raw_http.hpp"

using gateway::http::Limits;
using std::chrono::milliseconds;
using support::get;
using support::post;
using support::RawHttp;
using support::TestServer;

namespace {

// Waits for what the server thread counts; the test's own deadline is CTest's.
template <class Predicate>
void await(Predicate reached) {
  while (!reached()) std::this_thread::yield();
}

}  // namespace

TEST_CASE("stream: chunks arrive as they are made and the end is marked", "[http][stream]") {
  TestServer server;
  RawHttp client(server.port());
  client.send(get("/stream"));
  auto const answer = client.answer();
  CHECK(answer["transfer-encoding"] == "chunked");
  CHECK(answer["content-length"].empty());
  CHECK(answer.body == "onetwothree");
  CHECK(answer.complete);
  CHECK(client.ended());
  CHECK(server.observed().streams_ended == 1);
}

TEST_CASE("stream: head and first chunk are there while the rest is awaited", "[http][stream]") {
  TestServer server;
  RawHttp client(server.port());
  client.send(get("/endless"));
  CHECK(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(client.read_until("first\r\n") == "5\r\nfirst\r\n");
  CHECK(server.observed().streams_ended == 0);
}

TEST_CASE("stream: HEAD gets the head only", "[http][stream]") {
  TestServer server;
  RawHttp client(server.port());
  client.send("HEAD /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.answer(RawHttp::To::head).status == 200);
  CHECK(client.ended());
  await([&] { return server.observed().streams_ended == 1; });
}

TEST_CASE("stream: a client that leaves is noticed while nothing is sent", "[http][stream]") {
  TestServer server;
  {
    RawHttp client(server.port());
    client.send(get("/endless"));
    client.read_until("first\r\n");
  }
  await([&] { return server.observed().streams_ended == 1 && server.counts().connections_open == 0; });
  CHECK(server.counts().evicted_streams == 0);
}

TEST_CASE("stream: a reader too slow is evicted", "[http][stream]") {
  Limits limits;
  limits.stream_write = milliseconds(50);
  TestServer server(limits);
  RawHttp client(server.port());
  client.small_receive_buffer();
  client.send(get("/flood"));
  client.read_until("\r\n\r\n");
  await([&] { return server.counts().evicted_streams == 1; });
  await([&] { return server.counts().connections_open == 0; });
  CHECK(server.observed().streams_ended == 1);
}

TEST_CASE("stream: one that breaks ends without the last chunk", "[http][stream]") {
  TestServer server;
  RawHttp client(server.port());
  client.send(get("/broken-stream"));
  auto const answer = client.answer();
  CHECK(answer.body == "first");
  CHECK_FALSE(answer.complete);
  await([&] { return server.observed().logged().size() == 1; });
}

TEST_CASE("stop: with nothing open it is done at once", "[http][stop]") {
  TestServer server;
  CHECK(server.stop().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
}

TEST_CASE("stop: idle connections are closed, a request under way is answered", "[http][stop]") {
  TestServer server;
  RawHttp idle(server.port()), busy(server.port()), never_used(server.port());
  idle.send(get("/path/x"));
  CHECK(idle.answer().status == 200);
  busy.send(get("/wait") + get("/path/after"));
  server.observed().waiting_started.get_future().wait();
  auto done = server.stop();
  CHECK(idle.ended());
  CHECK(done.wait_for(milliseconds(0)) == std::future_status::timeout);
  server.observed().release.set_value();
  auto const answer = busy.answer();
  CHECK(answer.body == "released");
  CHECK(answer["connection"] == "close");
  CHECK(busy.ended());
  CHECK(done.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  CHECK_THROWS(RawHttp(server.port()));
}

TEST_CASE("stop: streams are cancelled and end without the last chunk", "[http][stop]") {
  TestServer server;
  RawHttp client(server.port());
  client.send(get("/endless"));
  client.read_until("first\r\n");
  auto done = server.stop();
  CHECK(client.read_to_end().empty());
  CHECK(done.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  CHECK(server.observed().streams_ended == 1);
}

TEST_CASE("stop: what hangs is cut after its time", "[http][stop]") {
  Limits limits;
  limits.stop = milliseconds(50);
  TestServer server(limits);
  RawHttp half(server.port()), hanging(server.port());
  half.send("GET /path/x HT");
  hanging.send(get("/wait"));
  server.observed().waiting_started.get_future().wait();
  CHECK(server.stop().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  CHECK(hanging.read_to_end().empty());
  server.observed().release.set_value();
}

TEST_CASE("stop: under load every answered request was whole and nothing else is sent", "[http][stop]") {
  TestServer server({}, std::nullopt, 2);
  std::atomic<int> answered{0}, torn{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      try {
        RawHttp client(server.port());
        while (client.try_send(post("/echo", std::string(300, 'x')))) {
          auto const answer = client.answer();
          if (answer.status == 0) {
            torn += !answer.head.empty();
            return;
          }
          if (answer.status != 200 || answer.body.size() != 300) ++torn;
          ++answered;
          if (answer["connection"] == "close") return;
        }
      } catch (const std::exception&) {
        ++torn;
      }
    });
  }
  await([&] { return answered > 500 || torn > 0; });
  auto done = server.stop();
  for (auto& client : clients) client.join();
  CHECK(done.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  CHECK(torn == 0);
  CHECK(server.observed().handled >= answered);
}
