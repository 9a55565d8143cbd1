#include "gateway/http/request.hpp"

#include <catch2/catch.hpp>

#include "gateway/http/target.hpp"

using namespace gateway::http;

TEST_CASE("headers: names are found in lower case, repeated fields are joined", "[http]") {
  Headers headers;
  headers.add("Accept", "text/a");
  headers.add("X-One", "1");
  headers.add("ACCEPT", "text/b");
  headers.emplace_back("Empty", "");
  CHECK(headers.find("accept") == "text/a, text/b");
  CHECK(headers.find("x-one") == "1");
  CHECK(headers.find("missing").empty());
  CHECK(headers.contains("empty"));
  CHECK_FALSE(headers.contains("missing"));
  CHECK(headers.size() == 3);
  std::string all;
  for (auto const [name, value] : headers) all.append(name).append("=").append(value).append(";");
  CHECK(all == "accept=text/a, text/b;x-one=1;empty=;");
}

TEST_CASE("headers: a copy and a move keep what they hold", "[http]") {
  Headers headers{{"a", "1"}, {"b", "2"}};
  Headers copy = headers;
  headers.clear();
  CHECK(headers.empty());
  CHECK(copy.find("b") == "2");
  Headers moved = std::move(copy);
  CHECK(moved.find("a") == "1");
}

TEST_CASE("headers: joining does not read memory it has given up", "[http]") {
  Headers headers;
  for (int i = 0; i < 50; ++i) headers.add("x", std::string(20, 'v'));
  CHECK(headers.find("x").size() == 50 * 20 + 49 * 2);
}

TEST_CASE("request: the media type comes without parameters", "[http]") {
  struct Row {
    const char* field;
    const char* type;
  };
  const Row rows[] = {{"application/json", "application/json"},
                      {"Application/FHIR+JSON; charset=utf-8", "application/fhir+json"},
                      {"text/plain ;x=y", "text/plain"},
                      {"", ""}};
  for (const Row& row : rows) {
    Request request;
    request.headers.add("Content-Type", row.field);
    CHECK(request.content_type() == row.type);
  }
}

TEST_CASE("form: pairs in order, decoded; nothing when an escape is malformed", "[http]") {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  struct Row {
    const char* form;
    std::optional<Pairs> pairs;
  };
  const Row rows[] = {
      {"", Pairs{}},
      {"a=1&b=2&a=3", Pairs{{"a", "1"}, {"b", "2"}, {"a", "3"}}},
      {"a", Pairs{{"a", ""}}},
      {"a=", Pairs{{"a", ""}}},
      {"=1", Pairs{{"", "1"}}},
      {"&&a=1&", Pairs{{"a", "1"}}},
      {"a=b=c", Pairs{{"a", "b=c"}}},
      {"a+b=c+d%2Be", Pairs{{"a b", "c d+e"}}},
      {"a=%C3%A6", Pairs{{"a", "\xc3\xa6"}}},
      {"code=http%3A%2F%2Floinc.org%7C8867-4", Pairs{{"code", "http://loinc.org|8867-4"}}},
      {"a=%", std::nullopt},
      {"a=%2", std::nullopt},
      {"a=%g0", std::nullopt},
      {"a=%00", std::nullopt},
      {"a=%ff", std::nullopt},
      {"a=%ed%a0%80", std::nullopt},  // a surrogate
      {"%=1", std::nullopt},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.form) {
      CHECK(parse_form(row.form) == row.pairs);
    }
  }
}

TEST_CASE("percent_encode leaves only unreserved characters", "[http]") {
  CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encode("a b/c|\xc3\xa6+%") == "a%20b%2Fc%7C%C3%A6%2B%25");
}

TEST_CASE("target: forms and parts", "[http]") {
  struct Row {
    const char* text;
    const char* path;  // null: refused
    const char* query;
  };
  const Row rows[] = {
      {"/", "/", ""},
      {"/a/b?c=d", "/a/b", "c=d"},
      {"/a?b?c", "/a", "b?c"},
      {"/a%20b", "/a b", ""},
      {"/a+b", "/a+b", ""},
      {"/%F0%9F%98%80", "/\xf0\x9f\x98\x80", ""},
      {"/a//b", "/a//b", ""},
      {"/...", "/...", ""},
      {"/Observation/$lastn?patient=Patient/1", "/Observation/$lastn", "patient=Patient/1"},
      {"/a?identifier=urn:oid:1|2", "/a", "identifier=urn:oid:1|2"},
      {"*", "*", ""},
      {"http://h", "/", ""},
      {"http://h?q", "/", "q"},
      {"https://h:1/a", "/a", ""},
      {"", nullptr, ""},
      {"a", nullptr, ""},
      {"**", nullptr, ""},
      {"http:/h/a", nullptr, ""},
      {"http://h:x/a", nullptr, ""},
      {"http://[::1/a", nullptr, ""},
      {"//h/a", "//h/a", ""},  // a path, not an authority
      {"/.", nullptr, ""},
      {"/a/./b", nullptr, ""},
      {"/a\"b", nullptr, ""},
      {"/a<b", nullptr, ""},
      {"/a?b\"c", nullptr, ""},
      {"/%7f", nullptr, ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.text) {
      Target target;
      REQUIRE(parse_target(row.text, target) == (row.path != nullptr));
      if (row.path) {
        CHECK(target.path == row.path);
        CHECK(target.query == row.query);
      }
    }
  }
}

TEST_CASE("authority: host and port", "[http]") {
  for (const char* good : {"a", "a:1", "a:", "127.0.0.1:8080", "[::1]", "[::1]:80", "xn--bod-2na.no", "a_b"}) {
    INFO(good);
    CHECK(valid_authority(good));
  }
  for (const char* bad :
       {"", ":80", "a:b", "a:123456", "a:1:2", "u@a", "a/b", "a b", "[::1", "[::1]x", "[]", "[::g]", "a,b c"}) {
    INFO(bad);
    CHECK_FALSE(valid_authority(bad));
  }
}
