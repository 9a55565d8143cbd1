// The server over real loopback sockets: what a client sees, proper or not.
#include "gateway/http/server.hpp"

#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <thread>

#include "tests/gateway/http/odd_requests.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/raw_http.hpp"

using gateway::http::Limits;
using std::chrono::milliseconds;
using support::get;
using support::post;
using support::RawHttp;
using support::TestServer;

namespace {

std::string gzipped(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

TEST_CASE("server: a request is answered and the connection is kept", "[http]") {
  TestServer server;
  RawHttp client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send(post("/echo", "hello"));
    auto const answer = client.answer();
    CHECK(answer.status == 200);
    CHECK(answer.body == "hello");
    CHECK(answer["content-type"] == "application/octet-stream");
    CHECK(answer["connection"].empty());
    CHECK(answer["date"].ends_with(" GMT"));
    CHECK(answer["cache-control"] == "no-store");
    CHECK(answer["x-content-type-options"] == "nosniff");
  }
  CHECK(server.counts().connections_accepted == 1);
  CHECK(server.counts().requests == 3);
}

TEST_CASE("server: Connection: close is honoured", "[http]") {
  TestServer server;
  RawHttp client(server.port());
  client.send(post("/echo", "hello", "Connection: close\r\n"));
  auto const answer = client.answer();
  CHECK(answer.status == 200);
  CHECK(answer["connection"] == "close");
  CHECK(client.ended());
}

TEST_CASE("server: pipelined requests are answered in order", "[http]") {
  TestServer server;
  RawHttp client(server.port());
  client.send(post("/echo", "1") + get("/path/2") + get("/nowhere") + post("/echo", "4") + get("/none") +
              get("/path/6"));
  CHECK(client.answer().body == "1");
  CHECK(client.answer().body == "2");
  CHECK(client.answer().status == 404);
  CHECK(client.answer().body == "4");
  CHECK(client.answer().status == 204);
  CHECK(client.answer().body == "6");
}

TEST_CASE("server: a request arriving byte by byte is read", "[http]") {
  TestServer server;
  RawHttp client(server.port());
  for (char c : post("/echo", "hello")) client.send(std::string_view(&c, 1));
  CHECK(client.answer().body == "hello");
}

TEST_CASE("server: malformed requests are refused and the connection ends", "[http]") {
  TestServer server;
  for (const auto& row : test::refused_requests()) {
    DYNAMIC_SECTION(row.name) {
      RawHttp client(server.port());
      client.send(row.bytes + "GET /query HTTP/1.1\r\nHost: a\r\n\r\n");
      auto const answer = client.answer();
      CHECK(answer.status == row.status);
      CHECK(answer.complete);
      CHECK(answer["content-type"] == "application/problem+json");
      CHECK(answer["connection"] == "close");
      CHECK(client.ended());
      CHECK(server.observed().handled == 0);
    }
  }
}

TEST_CASE("server: odd but right requests are read exactly", "[http]") {
  TestServer server;
  for (const auto& row : test::accepted_requests()) {
    DYNAMIC_SECTION(row.name) {
      RawHttp client(server.port());
      client.send(row.bytes + get("/path/after"));
      auto const answer = client.answer();
      CHECK(answer.status == 200);
      CHECK(answer.body == row.body);
      CHECK(client.answer().body == "after");
    }
  }
}

TEST_CASE("server: errors have the form of their room and name nothing of the request", "[http]") {
  TestServer server;
  RawHttp client(server.port());
  client.send(get("/fhir/secret-name"));
  auto const fhir = client.answer();
  CHECK(fhir.status == 404);
  CHECK(fhir["content-type"] == "application/fhir+json");
  CHECK(fhir.body.find("OperationOutcome") != std::string::npos);
  CHECK(fhir.body.find("secret-name") == std::string::npos);
  client.send(get("/secret-name"));
  auto const problem = client.answer();
  CHECK(problem.status == 404);
  CHECK(problem["content-type"] == "application/problem+json");
  CHECK(problem.body.find("secret-name") == std::string::npos);
  client.send(get("/echo"));
  auto const method = client.answer();
  CHECK(method.status == 405);
  CHECK(method["allow"] == "POST, OPTIONS");
  client.send(get("/busy"));
  auto const busy = client.answer();
  CHECK(busy.status == 503);
  CHECK(busy["retry-after"] == "1");
}

TEST_CASE("server: HEAD is GET without the body", "[http]") {
  TestServer server;
  RawHttp client(server.port());
  client.send("HEAD /big HTTP/1.1\r\nHost: a\r\n\r\nHEAD /path/x HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.answer(RawHttp::To::head)["content-length"] == "1048576");
  CHECK(client.answer(RawHttp::To::head)["content-length"] == "1");
  client.send(get("/none"));
  auto const none = client.answer();
  CHECK(none.status == 204);
  CHECK(none["content-length"].empty());
  client.send("HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n" + get("/path/x"));
  CHECK(client.answer(RawHttp::To::head).status == 404);
  CHECK(client.answer().body == "x");
}

TEST_CASE("server: OPTIONS names the methods", "[http]") {
  TestServer server;
  RawHttp client(server.port());
  client.send("OPTIONS /echo HTTP/1.1\r\nHost: a\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.answer()["allow"] == "POST, OPTIONS");
  CHECK(client.answer().status == 204);
}

TEST_CASE("server: a large answer arrives whole", "[http]") {
  TestServer server;
  RawHttp client(server.port());
  client.send(get("/big") + get("/path/after"));
  CHECK(client.answer().body == std::string(1024 * 1024, 'b'));
  CHECK(client.answer().body == "after");
}

TEST_CASE("server: a body over the limit is refused before it is read", "[http]") {
  Limits limits;
  limits.body_bytes = 1000;
  TestServer server(limits);
  SECTION("announced: the answer comes although nothing of the body was sent") {
    RawHttp client(server.port());
    client.send("POST /fhir/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n");
    auto const answer = client.answer();
    CHECK(answer.status == 413);
    CHECK(answer["content-type"] == "application/fhir+json");
    CHECK(answer["connection"] == "close");
    CHECK(client.ended());
  }
  SECTION("a client that sends it all first can still read the answer") {
    RawHttp client(server.port());
    client.try_send(post("/echo", std::string(1024 * 1024, 'x')));
    CHECK(client.answer().status == 413);
  }
  SECTION("a little over: it is read over and the connection is kept") {
    RawHttp client(server.port());
    client.send(post("/echo", std::string(1001, 'x')));
    CHECK(client.answer().status == 413);
    client.send(post("/echo", std::string(1000, 'x')));
    CHECK(client.answer().status == 200);
    CHECK(server.counts().connections_accepted == 1);
  }
  SECTION("chunked: refused when the limit is passed") {
    RawHttp client(server.port());
    client.send(test::chunked("3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\n"));
    auto const answer = client.answer();
    CHECK(answer.status == 413);
    CHECK(answer["connection"] == "close");
    CHECK(client.ended());
  }
  CHECK(server.counts().refused_limits == 1);
}

TEST_CASE("server: the guard answers before the body is read", "[http]") {
  TestServer server;
  RawHttp client(server.port());
  SECTION("a small body is read over") {
    client.send("POST /closed HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    auto const answer = client.answer();
    CHECK(answer.status == 401);
    CHECK(answer["www-authenticate"] == "Bearer");
    client.send("hello" + get("/path/x"));
    CHECK(client.answer().body == "x");
  }
  SECTION("a large one ends the connection") {
    client.send("POST /closed HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    auto const answer = client.answer();
    CHECK(answer.status == 401);
    CHECK(answer["connection"] == "close");
    CHECK(client.ended());
  }
  SECTION("wrong media type") {
    client.send("POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n");
    CHECK(client.answer().status == 415);
    client.send("hello");
    client.send(post("/json", "{}", "Content-Type: Application/JSON; charset=utf-8\r\n"));
    CHECK(client.answer().status == 200);
  }
  CHECK(server.observed().guarded >= 1);
}

TEST_CASE("server: 100-continue is said only when the body is wanted", "[http]") {
  Limits limits;
  limits.body_bytes = 1000;
  TestServer server(limits);
  RawHttp client(server.port());
  SECTION("wanted") {
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n");
    CHECK(client.answer().status == 100);
    client.send("hello");
    CHECK(client.answer().body == "hello");
  }
  SECTION("already here: no interim answer") {
    client.send(post("/echo", "hello", "Expect: 100-continue\r\n"));
    CHECK(client.answer().status == 200);
  }
  SECTION("no body: no interim answer") {
    client.send(get("/path/x", "Expect: 100-continue\r\n"));
    CHECK(client.answer().status == 200);
  }
  SECTION("refused by the guard") {
    client.send("POST /closed HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    auto const answer = client.answer();
    CHECK(answer.status == 401);
    CHECK(answer["connection"] == "close");
  }
  SECTION("too large") {
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
    CHECK(client.answer().status == 413);
  }
}

TEST_CASE("server: gzip bodies are inflated", "[http]") {
  Limits limits;
  limits.inflated_bytes = 5'000'000;
  TestServer server(limits);
  RawHttp client(server.port());
  std::string const text(3'000'000, 'x');
  std::string const packed = gzipped(text);
  struct Row {
    const char* name;
    std::string body;
    const char* coding;
    int status;
    std::string inflated;
  };
  std::string cut = packed, wrong = gzipped("hello"), bomb = gzipped(std::string(5'000'001, 'x'));
  cut.resize(cut.size() - 9);
  wrong[wrong.size() - 6] ^= 1;
  const Row rows[] = {
      {"gzip", packed, "gzip", 200, text},
      {"capitals", packed, "GZip", 200, text},
      {"x-gzip", packed, "x-gzip", 200, text},
      {"two members", gzipped("hello ") + gzipped("world"), "gzip", 200, "hello world"},
      {"exactly the limit", gzipped(std::string(5'000'000, 'x')), "gzip", 200, std::string(5'000'000, 'x')},
      {"identity", "hello", "identity", 200, "hello"},
      {"empty gzip", gzipped(""), "gzip", 200, ""},
      {"bomb", bomb, "gzip", 413, ""},
      {"not gzip", "hello", "gzip", 400, ""},
      {"cut short", cut, "gzip", 400, ""},
      {"wrong check sum", wrong, "gzip", 400, ""},
      {"bytes after the end", gzipped("hello") + "x", "gzip", 400, ""},
      {"deflate", packed, "deflate", 415, ""},
      {"twice", packed, "gzip, gzip", 415, ""},
      {"br", "hello", "br", 415, ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      client.send(post("/echo", row.body, std::string("Content-Encoding: ") + row.coding + "\r\n"));
      auto const answer = client.answer();
      CHECK(answer.status == row.status);
      if (row.status == 200) CHECK(answer.body == row.inflated);
      if (row.status == 415) CHECK(answer["accept-encoding"] == "gzip");
      client.send(get("/path/after"));
      CHECK(client.answer().body == "after");
    }
  }
}

TEST_CASE("server: slow and broken-off requests", "[http]") {
  Limits limits;
  limits.header_read = milliseconds(40);
  limits.body_read = milliseconds(40);
  limits.idle = milliseconds(60'000);
  TestServer server(limits);
  RawHttp client(server.port());
  SECTION("slow header") {
    client.send("POST /echo HTTP/1.1\r\nHos");
    auto const answer = client.answer();
    CHECK(answer.status == 408);
    CHECK(answer["connection"] == "close");
    CHECK(client.ended());
    CHECK(server.counts().timeouts == 1);
  }
  SECTION("slow header after a kept-alive request") {
    client.send(get("/path/x") + "GET /path/x HT");
    CHECK(client.answer().body == "x");
    CHECK(client.answer().status == 408);
    CHECK(client.ended());
  }
  SECTION("slow body") {
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
    CHECK(client.answer().status == 408);
    CHECK(client.ended());
    CHECK(server.counts().timeouts == 1);
  }
  SECTION("header broken off") {
    client.send("POST /echo HTTP/1.1\r\nHos");
    client.finish_sending();
    CHECK(client.answer().status == 400);
    CHECK(client.ended());
  }
  SECTION("body broken off") {
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
    client.finish_sending();
    CHECK(client.answer().status == 400);
    CHECK(client.ended());
    CHECK(server.observed().handled == 0);
  }
  SECTION("a client that only ends its side still gets the answer") {
    client.send(post("/echo", "hello"));
    client.finish_sending();
    CHECK(client.answer().body == "hello");
    CHECK(client.ended());
  }
}

TEST_CASE("server: an idle connection is closed without a word", "[http]") {
  Limits limits;
  limits.idle = milliseconds(40);
  TestServer server(limits);
  RawHttp fresh(server.port());
  CHECK(fresh.read_to_end().empty());
  RawHttp used(server.port());
  used.send(get("/path/x"));
  CHECK(used.answer().body == "x");
  CHECK(used.read_to_end().empty());
}

TEST_CASE("server: beyond the connection limit connections are closed at once", "[http]") {
  Limits limits;
  limits.connections = 2;
  TestServer server(limits);
  {
    RawHttp first(server.port()), second(server.port());
    first.send(get("/path/1"));
    CHECK(first.answer().status == 200);
    second.send(get("/path/2"));
    CHECK(second.answer().status == 200);
    RawHttp third(server.port());
    CHECK(third.ended());
    CHECK(server.counts().refused_limits == 1);
    first.send(get("/path/1", "Connection: close\r\n"));
    CHECK(first.answer().status == 200);
    CHECK(first.ended());
  }
  // The server has seen `first` leave when its own side is closed too; that is counted down before another is accepted.
  while (server.counts().connections_open > 0) std::this_thread::yield();
  RawHttp later(server.port());
  later.send(get("/path/3"));
  CHECK(later.answer().status == 200);
}

TEST_CASE("server: out of descriptors it waits, says so once, and goes on", "[http]") {
  TestServer server;
  {
    RawHttp first(server.port());  // the server has opened all it opens once
    first.send(get("/path/1", "Connection: close\r\n"));
    REQUIRE(first.answer().status == 200);
  }
  while (server.counts().connections_open > 0) std::this_thread::yield();
  struct DescriptorLimit {
    explicit DescriptorLimit(rlim_t descriptors) {
      ::getrlimit(RLIMIT_NOFILE, &before);
      rlimit tight = before;
      tight.rlim_cur = descriptors;
      ::setrlimit(RLIMIT_NOFILE, &tight);
    }
    ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before); }
    rlimit before{};
  };
  int const next_free = ::dup(0);
  ::close(next_free);
  std::optional<DescriptorLimit> tight(static_cast<rlim_t>(next_free) + 1);  // one more: the client's end
  RawHttp client(server.port());
  client.send(get("/path/x"));
  while (server.observed().logged().empty()) std::this_thread::yield();
  tight.reset();
  CHECK(client.answer().body == "x");
  auto const lines = server.observed().logged();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("accept_failed "));
}

TEST_CASE("server: a refused header is not answered as the request before it", "[http]") {
  TestServer server;
  RawHttp client(server.port());
  client.send("HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.answer(RawHttp::To::head).status == 404);
  client.send("GET /nowhere\r\n\r\n");
  auto const answer = client.answer();
  CHECK(answer.status == 400);
  CHECK(answer.complete);
  CHECK_FALSE(answer.body.empty());
}

TEST_CASE("server: an exception from a handler or the guard is a 500 and the connection goes on", "[http]") {
  TestServer server;
  RawHttp client(server.port());
  client.send(get("/throw"));
  auto const answer = client.answer();
  CHECK(answer.status == 500);
  CHECK(answer.body.find("fire") == std::string::npos);
  client.send(post("/echo", "hello", "X-Guard: throw\r\n"));
  CHECK(client.answer().status == 500);
  client.send(post("/echo", "hello"));
  CHECK(client.answer().body == "hello");
  auto const lines = server.observed().logged();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].starts_with("handler_failed 1-1: "));
}

TEST_CASE("server: captures, queries and the certificate reach the handler", "[http]") {
  TestServer server;
  RawHttp client(server.port());
  client.send(get("/path/a%20b%C3%A6") + get("/files/a/b") + get("/query?a=1&b=%26+c&d") + get("/query?a=%zz") +
              get("/subject"));
  CHECK(client.answer().body == "a b\xc3\xa6");
  CHECK(client.answer().body == "a/b");
  CHECK(client.answer().body == "a=1;b=& c;d=;");
  CHECK(client.answer().status == 400);
  CHECK(client.answer().body.empty());
}

TEST_CASE("server: several contexts share the port", "[http]") {
  TestServer server({}, std::nullopt, 2);
  std::vector<RawHttp> clients;
  for (int i = 0; i < 16; ++i) clients.emplace_back(server.port());
  for (auto& client : clients) client.send(post("/echo", "hello"));
  for (auto& client : clients) CHECK(client.answer().body == "hello");
}

TEST_CASE("server: a port in use is an error that names it", "[http]") {
  TestServer server;
  TestServer other;
  gateway::http::Listen listen;
  listen.address = "127.0.0.1";
  listen.port = server.port();
  CHECK_THROWS_WITH(other.server().listen(listen), Catch::Contains(std::to_string(server.port())));
}
