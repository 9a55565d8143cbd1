// Framing without sockets: the same tables as over sockets, but in every way the network may cut the bytes.
#include "gateway/http/request_reader.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "tests/gateway/http/odd_requests.hpp"

using namespace gateway::http;
using Progress = RequestReader::Progress;

namespace {

struct Reading {
  int status = 0;  // 0: accepted or still wanting more
  bool complete = false;
  Request request;
};

// Feeds `bytes` in pieces of at most `piece`, as a session does.
Reading read(const std::string& bytes, std::size_t piece, const Limits& limits = {}) {
  RequestReader reader(limits);
  Reading reading;
  bool head_done = false;
  std::size_t at = 0;
  for (;;) {
    Progress progress = head_done ? Progress::done : reader.head(reading.request);
    if (progress == Progress::done && !head_done) {
      head_done = true;
      if (reader.content_length().value_or(0) > limits.body_bytes) {
        reading.status = 413;
        return reading;
      }
      if (reading.request.method == Method::other) {
        reading.status = 501;
        return reading;
      }
    }
    if (head_done) progress = reader.has_body() ? reader.body(reading.request, limits.body_bytes) : Progress::done;
    if (progress == Progress::refused) {
      reading.status = reader.refusal().status;
      CHECK_FALSE(reader.refusal().detail.empty());
      return reading;
    }
    if (progress == Progress::done) {
      reading.complete = true;
      return reading;
    }
    if (at == bytes.size()) return reading;
    std::span<char> const space = reader.space();
    REQUIRE_FALSE(space.empty());
    std::size_t const count = std::min({piece, space.size(), bytes.size() - at});
    std::memcpy(space.data(), bytes.data() + at, count);
    at += count;
    reader.received(count);
  }
}

}  // namespace

TEST_CASE("reader: what must be refused is refused, however it is cut", "[http]") {
  for (const auto& row : test::refused_requests()) {
    DYNAMIC_SECTION(row.name) {
      for (std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1000}, row.bytes.size()}) {
        INFO("pieces of " << piece);
        CHECK(read(row.bytes, piece).status == row.status);
      }
    }
  }
}

TEST_CASE("reader: what is odd but right is read as the RFC says, however it is cut", "[http]") {
  for (const auto& row : test::accepted_requests()) {
    DYNAMIC_SECTION(row.name) {
      for (std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1000}, row.bytes.size()}) {
        INFO("pieces of " << piece);
        Reading const reading = read(row.bytes, piece);
        CHECK(reading.status == 0);
        CHECK(reading.complete);
        CHECK(reading.request.path == "/echo");
        CHECK(reading.request.body == row.body);
      }
    }
  }
}

TEST_CASE("reader: a request cut short is never complete", "[http]") {
  for (const auto& row : test::accepted_requests()) {
    DYNAMIC_SECTION(row.name) {
      for (std::size_t size = 0; size < row.bytes.size(); ++size)
        CHECK_FALSE(read(row.bytes.substr(0, size), 64).complete);
    }
  }
}

TEST_CASE("reader: fields of a trailer do not reach the header", "[http]") {
  Reading const reading = read(test::chunked("2\r\nab\r\n0\r\nAuthorization: Bearer x\r\n\r\n"), 7);
  CHECK(reading.complete);
  CHECK(reading.request.header("authorization").empty());
}

TEST_CASE("reader: bytes of the next request are kept", "[http]") {
  Limits const limits;
  RequestReader reader(limits);
  Request request;
  std::string const first = test::with_fields("Content-Length: 2\r\n", "ab"),
                    second = test::chunked("1\r\nc\r\n0\r\n\r\n");
  std::string const both = first + second;
  std::span<char> const space = reader.space();
  std::memcpy(space.data(), both.data(), both.size());
  reader.received(both.size());
  REQUIRE(reader.head(request) == Progress::done);
  REQUIRE(reader.body(request, 100) == Progress::done);
  CHECK(request.body == "ab");
  CHECK_FALSE(reader.idle());
  reader.next();
  REQUIRE(reader.head(request) == Progress::done);
  REQUIRE(reader.body(request, 100) == Progress::done);
  CHECK(request.body == "c");
  reader.next();
  CHECK(reader.idle());
}

TEST_CASE("reader: a chunked body may be as large as the limit and not a byte larger", "[http]") {
  Limits limits;
  limits.body_bytes = 5;
  CHECK(read(test::chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 4, limits).request.body == "abcde");
  CHECK(read(test::chunked("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"), 4, limits).status == 413);
}

TEST_CASE("reader: no bytes crash it", "[http]") {
  unsigned const seed = 20261120;
  INFO("seed " << seed);
  std::mt19937 random(seed);
  auto const refused = test::refused_requests();
  auto const accepted = test::accepted_requests();
  for (int round = 0; round < 20'000; ++round) {
    std::size_t const which = random() % (refused.size() + accepted.size());
    std::string bytes = which < refused.size() ? refused[which].bytes : accepted[which - refused.size()].bytes;
    if (bytes.size() > 4096) continue;
    for (unsigned i = 0, count = 1 + random() % 4; i < count; ++i) {
      std::size_t const at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 8);
          break;
        default:
          bytes.insert(at, bytes.substr(random() % bytes.size(), 1 + random() % 16));
      }
      if (bytes.empty()) bytes = "\r";
    }
    Reading const reading = read(bytes, 1 + random() % 200);
    bool const answered = reading.status == 0 || (reading.status >= 400 && reading.status <= 505);
    REQUIRE(answered);
  }
}
