// One HTTP response, and the one table from error category to status (house style 3.5).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/error.hpp"
#include "gateway/http/request.hpp"

namespace gateway::http {

// A body that goes on: Server-Sent Events, large exports. The session owns it, pulls one chunk at a time and writes it
// before it asks for the next, so a slow reader holds one chunk, not a queue. A write that takes longer than
// Limits::stream_write ends the connection (eviction). Destroyed on the session's thread.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  // The next bytes; nothing ends the response. May wait: then it is cancelled (terminal) when the server stops or the
  // peer is gone, and what it answers to that is not looked at. An exception ends the connection without the last
  // chunk.
  virtual Awaitable<std::optional<std::string>> next() = 0;
};

// The other end of a WebSocket, one for each connection: what a message is answered. The session calls answer() for several
// messages at once (Limits::web_socket_in_flight), begun in the order they came, and sends the answers in that order.
// Destroyed on the session's thread.
class MessageHandler {
 public:
  virtual ~MessageHandler() = default;
  // The answer's text, sent as one text message. Runs to its end also when the peer is gone or the server stops.
  virtual Awaitable<std::string> answer(std::string message) = 0;
  // The answer to a message whose answer() threw.
  virtual std::string failed() = 0;
};

struct Response {
  int status = 200;
  std::string content_type;  // empty: no body
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::unique_ptr<BodyStream> stream;  // instead of body; sent chunked, the connection is closed after it
  std::unique_ptr<MessageHandler> messages;  // with 101: the connection is a WebSocket from here on

  Response() = default;
  Response(int status_, std::string content_type_, std::string body_)
      : status(status_), content_type(std::move(content_type_)), body(std::move(body_)) {}
};

int status_of(fhir::ErrorCategory);                   // invalid 400, stale 412, busy and unavailable 503 ...
std::string_view issue_code_of(fhir::ErrorCategory);  // FHIR issue-type: "invalid", "not-found", "throttled" ...
std::string_view reason_of(int status);               // "Not Found"; "Unknown" for a status we never send

enum class ErrorBody { operation_outcome, problem_json };  // by the route: /fhir /epj /ingest, and elsewhere (RFC 9457)
ErrorBody error_body_of(std::string_view path);            // for what is refused before a route is known
Response error_response(const fhir::Error&, ErrorBody);    // adds Retry-After for busy and unavailable
// `detail` is ours, one sentence: never bytes, a path or an identifier of the request. Adds Retry-After for 429 and 503
// and WWW-Authenticate for 401.
Response error_response(int status, std::string_view detail, ErrorBody);
Response json_response(int status, std::string body);  // application/json
Response fhir_response(int status, std::string body);  // application/fhir+json

}  // namespace gateway::http
