#include "gateway/deliver/curl_client.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>

#include "tests/support/canned_server.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/http_server.hpp"

using namespace gateway::deliver;
using namespace std::chrono_literals;
using support::CannedServer;

namespace {

struct Fixture {
  boost::asio::io_context context;
  CurlClient client{context};

  HttpRequest put(const std::string& url, std::string body = "{}") {
    HttpRequest request;
    request.method = "PUT";
    request.url = url;
    request.body = std::move(body);
    request.headers = {{"Content-Type", "application/fhir+json"}};
    request.timeout = 10s;
    return request;
  }
  HttpResponse fetch(HttpRequest request) {
    std::optional<HttpResponse> answer;
    client.send(std::move(request), [&](HttpResponse response) { answer = std::move(response); });
    CHECK_FALSE(answer.has_value());  // never from inside send()
    run_until([&] { return answer.has_value(); });
    REQUIRE(answer.has_value());
    return *answer;
  }
  template <class Done>
  void run_until(Done done) {
    auto deadline = std::chrono::steady_clock::now() + 20s;
    context.restart();
    while (!done() && std::chrono::steady_clock::now() < deadline) context.run_one_for(100ms);
  }
};

std::string answer(const std::string& status, const std::string& body = "", const std::string& more = "") {
  return "HTTP/1.1 " + status + "\r\n" + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// An IPv4 address of this machine that is not loopback; nothing where there is none.
std::optional<std::string> other_address() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return std::nullopt;
  std::optional<std::string> found;
  for (ifaddrs* at = list; at != nullptr && !found; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET) continue;
    sockaddr_in v4{};
    std::memcpy(&v4, at->ifa_addr, sizeof v4);
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    if (!std::string_view(text).starts_with("127.")) found = text;
  }
  freeifaddrs(list);
  return found;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "curl client: sends the request as given and brings the answer", "[deliver][http_client]") {
  std::string seen;
  CannedServer server([&](const std::string& request) {
    seen = request;
    return answer("201 Created", R"({"a":1})", "ETag: W/\"1\"\r\nRetry-After:  7 \r\n");
  });
  HttpResponse response = fetch(put(server.url("/fhir/Observation?identifier=a%7Cb"), R"({"b":2})"));
  CHECK(response.status == 201);
  CHECK(response.body == R"({"a":1})");
  CHECK(response.header("etag") == "W/\"1\"");
  CHECK(response.header("retry-after") == "7");
  CHECK(response.error.empty());
  CHECK(seen.starts_with("PUT /fhir/Observation?identifier=a%7Cb HTTP/1.1\r\n"));
  CHECK(seen.find("Content-Type: application/fhir+json\r\n") != std::string::npos);
  CHECK(seen.find("Expect:") == std::string::npos);
  CHECK(seen.ends_with("\r\n\r\n{\"b\":2}"));
}

TEST_CASE_METHOD(Fixture, "curl client: a connection is used again", "[deliver][http_client]") {
  CannedServer server([](const std::string&) { return answer("200 OK"); });
  for (int i = 0; i < 5; ++i) CHECK(fetch(put(server.url())).status == 200);
  CHECK(server.connections() == 1);
}

TEST_CASE_METHOD(Fixture, "curl client: many at once, each its own answer", "[deliver][http_client]") {
  CannedServer server(
      [](const std::string& request) { return answer("200 OK", request.substr(5, request.find(' ', 5) - 5)); });
  std::map<int, std::string> answers;
  for (int i = 0; i < 50; ++i)
    client.send(put(server.url("/" + std::to_string(i))), [&answers, i](HttpResponse r) { answers[i] = r.body; });
  run_until([&] { return answers.size() == 50; });
  REQUIRE(answers.size() == 50);
  for (const auto& [i, body] : answers) CHECK(body == std::to_string(i));
}

TEST_CASE_METHOD(Fixture, "curl client: a callback may send again", "[deliver][http_client]") {
  CannedServer server([](const std::string&) { return answer("200 OK"); });
  int done = 0;
  std::function<void(HttpResponse)> next = [&](HttpResponse) {
    if (++done < 5) client.send(put(server.url()), next);
  };
  client.send(put(server.url()), next);
  run_until([&] { return done == 5; });
  CHECK(done == 5);
}

TEST_CASE_METHOD(Fixture, "curl client: what no proper receiver does", "[deliver][http_client]") {
  SECTION("a redirect is an answer, never followed") {
    std::atomic<int> followed{0};
    CannedServer other([&](const std::string&) {
      ++followed;
      return answer("200 OK");
    });
    CannedServer server(
        [&](const std::string&) { return answer("307 Temporary Redirect", "", "Location: " + other.url() + "\r\n"); });
    CHECK(fetch(put(server.url())).status == 307);
    CHECK(followed == 0);
  }
  SECTION("an endless body is cut and the status kept") {
    CannedServer server([](const std::string&) { return answer("400 Bad Request", std::string(10'000'000, 'x')); });
    HttpResponse response = fetch(put(server.url()));
    CHECK(response.status == 400);
    CHECK(response.truncated);
    CHECK(response.body.size() == response_body_limit);
  }
  SECTION("a connection cut without an answer") {
    CannedServer server([](const std::string&) { return ""; });
    HttpResponse response = fetch(put(server.url()));
    CHECK(response.status == 0);
    CHECK_FALSE(response.error.empty());
  }
  SECTION("an answer cut in the middle of its body is no answer") {
    CannedServer server([n = 0](const std::string&) mutable -> std::optional<std::string> {
      return n++ == 0 ? "HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nhalf" : "";
    });
    HttpRequest request = put(server.url());
    request.timeout = 300ms;
    CHECK(fetch(std::move(request)).status == 0);
  }
  SECTION("silence ends at the deadline") {
    CannedServer server([](const std::string&) { return std::nullopt; });
    HttpRequest request = put(server.url());
    request.timeout = 100ms;
    HttpResponse response = fetch(std::move(request));
    CHECK(response.status == 0);
    CHECK(response.error == "Timeout was reached");
  }
  SECTION("nobody listens") {
    std::string url;
    {
      CannedServer gone([](const std::string&) { return ""; });
      url = gone.url("/13925012410");
    }
    HttpResponse response = fetch(put(url));
    CHECK(response.status == 0);
    CHECK_FALSE(response.error.empty());
    CHECK(response.error.find("13925012410") == std::string::npos);
  }
  SECTION("an interim answer before the real one") {
    CannedServer server(
        [](const std::string&) { return "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n" + answer("200 OK"); });
    HttpResponse response = fetch(put(server.url()));
    CHECK(response.status == 200);
    CHECK(response.header("x-early").empty());
  }
}

TEST_CASE_METHOD(Fixture, "curl client: plain HTTP goes to loopback only, judged by the address connected to",
                 "[deliver][http_client]") {
  CannedServer server([](const std::string&) { return answer("200 OK"); }, "0.0.0.0");
  std::string port = std::to_string(server.port());
  CHECK(fetch(put("http://127.0.0.1:" + port + "/")).status == 200);
  CHECK(fetch(put("http://localhost:" + port + "/")).status == 200);
  if (std::optional<std::string> address = other_address()) {
    int before = server.connections();
    HttpResponse response = fetch(put("http://" + *address + ":" + port + "/"));
    CHECK(response.status == 0);
    CHECK(response.error == "plain HTTP to an address that is not loopback");
    CHECK(server.connections() == before);
  }
}

TEST_CASE_METHOD(Fixture, "curl client: other protocols are refused", "[deliver][http_client]") {
  for (const char* url : {"file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/"}) {
    INFO(url);
    HttpResponse response = fetch(put(url));
    CHECK(response.status == 0);
    CHECK(response.body.empty());
  }
}

TEST_CASE_METHOD(Fixture, "curl client: a cancelled request is not answered, and the others are",
                 "[deliver][http_client]") {
  CannedServer server([](const std::string& request) -> std::optional<std::string> {
    if (request.starts_with("PUT /hang")) return std::nullopt;
    return answer("200 OK");
  });
  bool cancelled_answered = false;
  HttpClient::Ticket ticket = client.send(put(server.url("/hang")), [&](HttpResponse) { cancelled_answered = true; });
  CHECK(fetch(put(server.url("/a"))).status == 200);
  client.cancel(ticket);
  client.cancel(ticket);  // a second time, and unknown ones, do nothing
  CHECK(fetch(put(server.url("/b"))).status == 200);
  CHECK_FALSE(cancelled_answered);
}

TEST_CASE("curl client: it can end while requests are under way", "[deliver][http_client]") {
  CannedServer server([](const std::string&) { return std::nullopt; });
  boost::asio::io_context context;
  bool answered = false;
  {
    CurlClient client(context);
    HttpRequest request;
    request.method = "PUT";
    request.url = server.url();
    for (int i = 0; i < 3; ++i) client.send(request, [&](HttpResponse) { answered = true; });
    while (server.connections() < 3 && context.run_one_for(10s) != 0) {
    }
  }
  context.run_for(50ms);
  CHECK_FALSE(answered);
}

TEST_CASE_METHOD(Fixture, "curl client: certificates are verified, against the configured authority",
                 "[deliver][http_client][tls]") {
  support::TestAuthority ours("ours"), theirs("theirs");
  support::TestServer server({}, ours.issue("localhost"));
  HttpRequest request = put("https://localhost:" + std::to_string(server.port()) + "/echo");
  request.method = "POST";

  SECTION("its own authority is trusted") {
    request.ca = ours.file();
    CHECK(fetch(std::move(request)).status == 200);
  }
  SECTION("another authority is not") {
    request.ca = theirs.file();
    HttpResponse response = fetch(std::move(request));
    CHECK(response.status == 0);
    CHECK_FALSE(response.error.empty());
  }
  SECTION("the system's authorities do not know it") {
    CHECK(fetch(std::move(request)).status == 0);
  }
  SECTION("the name has to be right") {
    request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/echo";
    request.ca = ours.file();
    CHECK(fetch(std::move(request)).status == 0);
  }
}
