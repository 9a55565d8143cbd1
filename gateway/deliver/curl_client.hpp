// HttpClient over libcurl's multi interface, driven by an Asio io_context. One thread: the one that runs the context.
// Connections are kept and used again. TLS certificates are always verified; redirects are never followed; plain HTTP
// goes to a loopback address only, judged by the address actually connected to, whatever the name said (reliability.md
// F34). Proxies of the environment are ignored: where patient data goes is said in the configuration only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "gateway/deliver/http_client.hpp"

namespace gateway::deliver {

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(boost::asio::io_context& context);  // outlives the client
  ~CurlClient() override;                                 // what is under way is cut; its callbacks are not called
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  Ticket send(HttpRequest, Callback done) override;
  void cancel(Ticket) override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // waits in the io_context look at it weakly: they may end after the client
};

}  // namespace gateway::deliver
