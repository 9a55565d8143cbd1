// An HttpClient that answers as the test says, through the io_context like the real one. Nothing leaves the process.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/deliver/http_client.hpp"

namespace support {

class ScriptedHttpClient final : public gateway::deliver::HttpClient {
 public:
  using Request = gateway::deliver::HttpRequest;
  using Response = gateway::deliver::HttpResponse;
  // Nothing: the request hangs until it is cancelled.
  using Script = std::function<std::optional<Response>(const Request&)>;

  ScriptedHttpClient(boost::asio::io_context& context, Script script) : context_(context), script_(std::move(script)) {}

  Ticket send(Request request, Callback done) override {
    Ticket ticket = ++last_;
    requests.push_back(request);
    waiting_[ticket] = std::move(done);
    if (std::optional<Response> response = script_(request))
      boost::asio::post(context_, [this, alive = std::weak_ptr(alive_), ticket, response = std::move(*response)] {
        if (!alive.expired()) answer(ticket, response);
      });
    return ticket;
  }
  void cancel(Ticket ticket) override { cancelled += static_cast<int>(waiting_.erase(ticket)); }

  std::vector<Request> requests;  // in the order they were sent
  int cancelled = 0;

 private:
  void answer(Ticket ticket, const Response& response) {
    auto at = waiting_.find(ticket);
    if (at == waiting_.end()) return;
    Callback done = std::move(at->second);
    waiting_.erase(at);
    done(response);
  }

  boost::asio::io_context& context_;
  Script script_;
  Ticket last_ = 0;
  std::map<Ticket, Callback> waiting_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // a test that fails leaves answers on their way
};

// Responses tests speak of.
inline gateway::deliver::HttpResponse status(int code, std::string body = "") {
  gateway::deliver::HttpResponse response;
  response.status = code;
  response.body = std::move(body);
  if (!response.body.empty()) response.headers.emplace_back("content-type", "application/fhir+json");
  return response;
}
inline gateway::deliver::HttpResponse busy(int code, std::string retry_after) {
  gateway::deliver::HttpResponse response = status(code);
  response.headers.emplace_back("retry-after", std::move(retry_after));
  return response;
}
inline gateway::deliver::HttpResponse unreachable(std::string error = "Timeout was reached") {
  gateway::deliver::HttpResponse response;
  response.error = std::move(error);
  return response;
}

}  // namespace support
