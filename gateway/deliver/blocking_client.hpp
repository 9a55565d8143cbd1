// One request and its answer, waited for: for commands and set-up, never on a server's thread. CurlClient underneath,
// with its rules (no redirects, plain HTTP to loopback only, certificates verified).
#pragma once

#include <boost/asio/io_context.hpp>

#include "gateway/deliver/curl_client.hpp"

namespace gateway::deliver {

class BlockingClient {
 public:
  HttpResponse send(HttpRequest);

 private:
  boost::asio::io_context context_{1};
  CurlClient client_{context_};
};

}  // namespace gateway::deliver
