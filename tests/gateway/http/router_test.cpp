#include "gateway/http/router.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <stdexcept>

using namespace gateway::http;

namespace {

Awaitable<Response> nothing(Request&) {
  co_return Response(204, "", "");
}

void add(Router& router, Method method, std::string pattern) {
  Route route;
  route.method = method;
  route.pattern = std::move(pattern);
  route.handler = nothing;
  router.add(std::move(route));
}

Request request(Method method, std::string path) {
  Request request;
  request.method = method;
  request.path = std::move(path);
  return request;
}

}  // namespace

TEST_CASE("router: literal before capture before wildcard, whatever the order of adding", "[http]") {
  const std::vector<std::string> patterns{
      "/*", "/alarms/{id}", "/alarms/{id}/actions", "/alarms/stream", "/alarms", "/a/b/*", "/a/{x}/c", "/a/b/c", "/"};
  struct Row {
    const char* path;
    const char* pattern;
    const char* capture;  // the first one
  };
  const Row rows[] = {
      {"/", "/", ""},
      {"/alarms", "/alarms", ""},
      {"/alarms/stream", "/alarms/stream", ""},
      {"/alarms/7", "/alarms/{id}", "7"},
      {"/alarms/7/actions", "/alarms/{id}/actions", "7"},
      {"/alarms/stream/actions", "/alarms/{id}/actions", "stream"},
      {"/alarms/", "/*", "alarms/"},
      {"/a/b/c", "/a/b/c", ""},
      {"/a/b/d/e", "/a/b/*", "d/e"},
      {"/a/z/c", "/a/{x}/c", "z"},
      {"/a//c", "/*", "a//c"},
  };
  for (bool reversed : {false, true}) {
    Router router(nullptr);
    std::vector<std::string> order = patterns;
    if (reversed) std::reverse(order.begin(), order.end());
    for (const std::string& pattern : order) add(router, Method::get, pattern);
    for (const Row& row : rows) {
      DYNAMIC_SECTION(row.path << (reversed ? " reversed" : "")) {
        Request asked = request(Method::get, row.path);
        auto const found = router.find(asked);
        REQUIRE(std::holds_alternative<const Route*>(found));
        CHECK(std::get<const Route*>(found)->pattern == row.pattern);
        CHECK((asked.captures.empty() ? "" : asked.captures.front().second) == row.capture);
      }
    }
  }
}

TEST_CASE("router: methods", "[http]") {
  Router router(nullptr);
  add(router, Method::get, "/a/{id}");
  add(router, Method::put, "/a/{id}");
  add(router, Method::post, "/a/search");
  add(router, Method::head, "/h");
  add(router, Method::get, "/h");
  struct Row {
    Method method;
    const char* path;
    int status;         // 0: found
    const char* allow;  // or the pattern's method when found
  };
  const Row rows[] = {
      {Method::get, "/a/1", 0, "GET"},
      {Method::head, "/a/1", 0, "GET"},
      {Method::head, "/h", 0, "HEAD"},
      {Method::get, "/h", 0, "GET"},
      {Method::put, "/a/1", 0, "PUT"},
      {Method::get, "/a/search", 0, "GET"},  // the less specific pattern has the method
      {Method::post, "/a/search", 0, "POST"},
      {Method::delete_, "/a/1", 405, "GET, HEAD, PUT, OPTIONS"},
      {Method::delete_, "/a/search", 405, "GET, HEAD, POST, PUT, OPTIONS"},
      {Method::options, "/a/1", 204, "GET, HEAD, PUT, OPTIONS"},
      {Method::get, "/b", 404, ""},
      {Method::options, "/b", 404, ""},
      {Method::other, "/a/1", 501, ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(name(row.method) << " " << row.path) {
      Request asked = request(row.method, row.path);
      auto const found = router.find(asked);
      if (row.status == 0) {
        REQUIRE(std::holds_alternative<const Route*>(found));
        CHECK(name(std::get<const Route*>(found)->method) == row.allow);
        continue;
      }
      REQUIRE(std::holds_alternative<Router::Refusal>(found));
      const Response& response = std::get<Router::Refusal>(found).response;
      CHECK(response.status == row.status);
      std::string allow;
      for (const auto& [field, value] : response.headers) {
        if (field == "Allow") allow = value;
      }
      CHECK(allow == row.allow);
    }
  }
}

TEST_CASE("router: a malformed or repeated pattern is a bug found at start", "[http]") {
  Router router(nullptr);
  add(router, Method::get, "/a/{id}");
  for (const char* bad : {"a", "/a/{id", "/a/x{id}", "/*/a", "/{}"}) {
    INFO(bad);
    CHECK_THROWS_AS(add(router, Method::get, bad), std::logic_error);
  }
  CHECK_THROWS_AS(add(router, Method::get, "/a/{name}"), std::logic_error);
  CHECK_NOTHROW(add(router, Method::put, "/a/{name}"));
}
