// The receiving record system as a server of its own: FhirSink behind http::Server on loopback, on a thread of its own.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "gateway/demo/fhir_sink.hpp"
#include "gateway/http/server.hpp"

namespace gateway::demo {

class SinkServer {
 public:
  explicit SinkServer(const Clock&);  // binds a port the kernel chooses
  ~SinkServer();
  SinkServer(const SinkServer&) = delete;
  SinkServer& operator=(const SinkServer&) = delete;

  unsigned short port() const { return port_; }
  void start();
  void stop();  // idempotent; also before start()

 private:
  FhirSink sink_;
  http::Router router_;
  boost::asio::io_context context_{1};
  http::Server server_;
  unsigned short port_;
  std::thread thread_;
};

}  // namespace gateway::demo
