// HttpClient for coroutines: one request, awaited. stop() ends every wait at once with no answer. One thread: the one that runs the
// client's io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>

#include "gateway/deliver/http_client.hpp"
#include "gateway/http/request.hpp"

namespace gateway::pull {

class Fetcher {
 public:
  Fetcher(boost::asio::io_context& context, deliver::HttpClient& http) : context_(context), http_(http) {}

  http::Awaitable<deliver::HttpResponse> fetch(deliver::HttpRequest);
  void stop();  // later requests are not sent either

 private:
  struct Initiate;
  using Resume = std::function<void(deliver::HttpResponse)>;
  struct Waiting {
    deliver::HttpClient::Ticket ticket = 0;
    Resume resume;
  };
  void begin(deliver::HttpRequest, Resume);

  boost::asio::io_context& context_;
  deliver::HttpClient& http_;
  std::map<std::uint64_t, Waiting> waiting_;
  std::uint64_t last_ = 0;
  bool stopped_ = false;
};

}  // namespace gateway::pull
