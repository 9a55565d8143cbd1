#include "gateway/http/response.hpp"

#include <catch2/catch.hpp>

#include "gateway/http/response_head.hpp"

using namespace gateway::http;
using fhir::ErrorCategory;

TEST_CASE("errors: one table from category to status and issue code", "[http]") {
  struct Row {
    ErrorCategory category;
    int status;
    const char* code;
  };
  const Row rows[] = {
      {ErrorCategory::invalid, 400, "invalid"},
      {ErrorCategory::not_found, 404, "not-found"},
      {ErrorCategory::conflict, 409, "conflict"},
      {ErrorCategory::stale, 412, "conflict"},
      {ErrorCategory::gone, 410, "deleted"},
      {ErrorCategory::unauthorized, 401, "login"},
      {ErrorCategory::forbidden, 403, "forbidden"},
      {ErrorCategory::too_large, 413, "too-long"},
      {ErrorCategory::busy, 503, "throttled"},
      {ErrorCategory::unavailable, 503, "transient"},
      {ErrorCategory::unsupported, 400, "not-supported"},
      {ErrorCategory::internal, 500, "exception"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.code << " " << row.status) {
      CHECK(status_of(row.category) == row.status);
      CHECK(issue_code_of(row.category) == row.code);
      Response const response = error_response(fhir::Error(row.category, "Why."), ErrorBody::operation_outcome);
      CHECK(response.status == row.status);
      CHECK(response.content_type == "application/fhir+json");
      CHECK(response.body.find("\"" + std::string(row.code) + "\"") != std::string::npos);
      CHECK(response.body.find("Why.") != std::string::npos);
      bool retry = false, challenge = false;
      for (const auto& [name, value] : response.headers) {
        retry = retry || name == "Retry-After";
        challenge = challenge || name == "WWW-Authenticate";
      }
      CHECK(retry == (row.status == 503));
      CHECK(challenge == (row.status == 401));
    }
  }
}

TEST_CASE("errors: problem JSON is escaped", "[http]") {
  Response const response = error_response(404, "A \"quoted\" word.", ErrorBody::problem_json);
  CHECK(response.content_type == "application/problem+json");
  CHECK(response.body == R"({"type":"about:blank","title":"Not Found","status":404,"detail":"A \"quoted\" word."})");
}

TEST_CASE("errors: the room decides the form", "[http]") {
  for (const char* path : {"/fhir", "/fhir/Observation", "/epj/r4/1", "/ingest/x"}) {
    CHECK(error_body_of(path) == ErrorBody::operation_outcome);
  }
  for (const char* path : {"/", "/fhirx", "/alarms", "", "*"}) CHECK(error_body_of(path) == ErrorBody::problem_json);
}

TEST_CASE("head: framing follows the status", "[http]") {
  auto const head = [](Response response, Persistence persistence = Persistence::keep_alive) {
    std::string out;
    append_head(out, response, "", persistence);
    return out;
  };
  CHECK(head(json_response(200, "{}")) ==
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n\r\n");
  CHECK(head(Response(201, "", "")).starts_with("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n"));
  CHECK(head(Response(204, "", "")).find("Content-Length") == std::string::npos);
  CHECK(head(Response(304, "", "")).find("Content-Length") == std::string::npos);
  CHECK(head(Response(599, "", "")).starts_with("HTTP/1.1 599 Unknown\r\n"));
  CHECK(head(Response(200, "", ""), Persistence::close).find("\r\nConnection: close\r\n") != std::string::npos);
}

TEST_CASE("head: a field cannot split the response", "[http]") {
  Response response(200, "text/plain", "");
  response.headers = {
      {"Location", "/a\r\nSet-Cookie: x=1"}, {"X\nY", "1"}, {"ETag", "W/\"1\""}, {"cache-control", "max-age=60"}};
  std::string out;
  append_head(out, response, "", Persistence::keep_alive);
  CHECK(out.find("Set-Cookie") == std::string::npos);
  CHECK(out.find("Y") == std::string::npos);
  CHECK(out.find("ETag: W/\"1\"\r\n") != std::string::npos);
  CHECK(out.find("no-store") == std::string::npos);
}

TEST_CASE("date: as HTTP writes it", "[http]") {
  using namespace std::chrono;
  CHECK(http_date(sys_days(year(2026) / 11 / 20) + hours(8) + minutes(5) + seconds(9)) ==
        "Fri, 20 Nov 2026 08:05:09 GMT");
  CHECK(http_date(sys_days(year(2028) / 2 / 29)) == "Tue, 29 Feb 2028 00:00:00 GMT");
}
