#include "gateway/http/response.hpp"

#include <algorithm>
#include <array>

#include "fhir/json_writer.hpp"
#include "fhir/operation_outcome.hpp"

namespace gateway::http {

namespace {

using fhir::ErrorCategory;

struct CategoryRow {
  ErrorCategory category;
  int status;
  std::string_view issue_code;  // http://hl7.org/fhir/issue-type, FHIR R4
};

// The one table of house style 3.5. `unsupported` is 400: FHIR R4 3.1.0.1 answers a search it cannot do with a 4xx, and
// 501 is kept for methods.
constexpr std::array<CategoryRow, 12> categories{{
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
}};

struct StatusRow {
  int status;
  std::string_view reason;      // RFC 9110 15, RFC 6585
  std::string_view issue_code;  // for statuses that are answered without a category
};

constexpr std::array<StatusRow, 36> statuses{{
    {101, "Switching Protocols", ""},
    {200, "OK", ""},
    {201, "Created", ""},
    {202, "Accepted", ""},
    {204, "No Content", ""},
    {206, "Partial Content", ""},
    {301, "Moved Permanently", ""},
    {302, "Found", ""},
    {303, "See Other", ""},
    {304, "Not Modified", ""},
    {307, "Temporary Redirect", ""},
    {308, "Permanent Redirect", ""},
    {400, "Bad Request", "invalid"},
    {401, "Unauthorized", "login"},
    {403, "Forbidden", "forbidden"},
    {404, "Not Found", "not-found"},
    {405, "Method Not Allowed", "not-supported"},
    {406, "Not Acceptable", "not-supported"},
    {408, "Request Timeout", "timeout"},
    {409, "Conflict", "conflict"},
    {410, "Gone", "deleted"},
    {412, "Precondition Failed", "conflict"},
    {413, "Content Too Large", "too-long"},
    {414, "URI Too Long", "too-long"},
    {415, "Unsupported Media Type", "not-supported"},
    {417, "Expectation Failed", "not-supported"},
    {422, "Unprocessable Content", "processing"},
    {426, "Upgrade Required", "not-supported"},
    {428, "Precondition Required", "required"},
    {429, "Too Many Requests", "throttled"},
    {431, "Request Header Fields Too Large", "too-long"},
    {500, "Internal Server Error", "exception"},
    {501, "Not Implemented", "not-supported"},
    {503, "Service Unavailable", "transient"},
    {505, "HTTP Version Not Supported", "not-supported"},
    {507, "Insufficient Storage", "no-store"},
}};

const CategoryRow& row_of(ErrorCategory category) {
  return *std::find_if(categories.begin(), categories.end(),
                       [category](const CategoryRow& row) { return row.category == category; });
}

const StatusRow* row_of(int status) {
  const auto* const row =
      std::find_if(statuses.begin(), statuses.end(), [status](const StatusRow& each) { return each.status == status; });
  return row == statuses.end() ? nullptr : &*row;
}

std::string problem_json(int status, std::string_view detail) {
  std::string body;
  body.append(R"({"type":"about:blank","title":")").append(reason_of(status));
  body.append(R"(","status":)").append(std::to_string(status)).append(R"(,"detail":)");
  fhir::append_json_string(body, detail);
  return body += '}';
}

// Seconds. A full queue empties in well under a second; a store or disk that cannot serve needs a person or a restart.
constexpr const char* retry_soon = "1";
constexpr const char* retry_later = "5";

Response build(int status, std::string_view issue_code, std::string_view detail, ErrorBody kind) {
  Response response;
  response.status = status;
  if (kind == ErrorBody::operation_outcome) {
    response.content_type = "application/fhir+json";
    response.body = fhir::operation_outcome("error", issue_code, detail);
  } else {
    response.content_type = "application/problem+json";
    response.body = problem_json(status, detail);
  }
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace

int status_of(ErrorCategory category) {
  return row_of(category).status;
}
std::string_view issue_code_of(ErrorCategory category) {
  return row_of(category).issue_code;
}

std::string_view reason_of(int status) {
  const StatusRow* row = row_of(status);
  return row ? row->reason : "Unknown";
}

ErrorBody error_body_of(std::string_view path) {
  for (std::string_view room : {"/fhir", "/epj", "/ingest"}) {
    if (path.starts_with(room) && (path.size() == room.size() || path[room.size()] == '/')) {
      return ErrorBody::operation_outcome;
    }
  }
  return ErrorBody::problem_json;
}

Response error_response(const fhir::Error& error, ErrorBody kind) {
  const CategoryRow& row = row_of(error.category);
  Response response = build(row.status, row.issue_code, error.detail, kind);
  if (error.category == ErrorCategory::busy) response.headers.emplace_back("Retry-After", retry_soon);
  if (error.category == ErrorCategory::unavailable) response.headers.emplace_back("Retry-After", retry_later);
  return response;
}

Response error_response(int status, std::string_view detail, ErrorBody kind) {
  const StatusRow* row = row_of(status);
  Response response = build(status, row && !row->issue_code.empty() ? row->issue_code : "exception", detail, kind);
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", retry_soon);
  return response;
}

Response json_response(int status, std::string body) {
  return {status, "application/json", std::move(body)};
}
Response fhir_response(int status, std::string body) {
  return {status, "application/fhir+json", std::move(body)};
}

}  // namespace gateway::http
