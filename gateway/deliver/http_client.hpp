// Outgoing HTTP as deliveries need it: one request, one bounded answer, later, on the caller's own thread. An interface
// because tests stand behind it (tests/support/scripted_http_client.hpp); the real one is CurlClient.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::deliver {

// Enough for any OperationOutcome worth reading; receivers are asked to answer without content.
inline constexpr std::size_t response_body_limit = 64 * 1024;

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // absolute; never holds a credential or a national identity number (invariant 12)
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string ca;                             // PEM file of a private CA; empty: the system's
  std::chrono::milliseconds timeout{30'000};  // name look-up to last byte
  std::size_t body_limit = response_body_limit;  // of the answer
};

struct HttpResponse {
  int status = 0;                                            // 0: no answer, `error` says why
  std::vector<std::pair<std::string, std::string>> headers;  // names lower-case
  std::string body;                                          // at most the request's body_limit bytes
  bool truncated = false;                                    // there was more body than that
  std::string error;                                         // "could not connect", "timed out" …; no URL, no address

  std::string_view header(std::string_view lower_case_name) const;  // the first; empty when missing
};

class HttpClient {
 public:
  using Ticket = std::uint64_t;
  using Callback = std::function<void(HttpResponse)>;

  virtual ~HttpClient() = default;
  // `done` is called exactly once, never from inside send(), on the thread that runs the client's io_context.
  virtual Ticket send(HttpRequest, Callback done) = 0;
  // `done` is not called any more. A ticket that is already answered is left alone.
  virtual void cancel(Ticket) = 0;
};

}  // namespace gateway::deliver
