// The server over real loopback sockets: what a proper client sees.
#include "gateway/http/server.hpp"

#include <catch2/catch.hpp>

#include "tests/support/http_server.hpp"
#include "tests/support/raw_http.hpp"

using support::get;
using support::post;
using support::RawHttp;
using support::TestServer;

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
  }
  CHECK(server.counts().connections_accepted == 1);
  CHECK(server.counts().requests == 3);
}
