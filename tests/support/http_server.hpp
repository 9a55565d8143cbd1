// The HTTP server on a port and a thread of its own, with routes that show what it did; for the tests of gateway/http.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gateway/http/server.hpp"

namespace support {

// What the routes below report and wait for. Counters and lines may be read from the test's thread.
struct Observed {
  std::atomic<int> handled{0};
  std::atomic<int> guarded{0};
  std::atomic<int> streams_ended{0};
  std::promise<void> waiting_started;  // GET /wait is in its handler
  std::promise<void> release;          // lets it go on
  std::mutex lines_mutex;
  std::vector<std::string> lines;  // the server's log

  std::vector<std::string> logged();
};

// Routes: POST /echo (body back), POST /json (only application/json), GET /path/{name} and /files/* (the capture), GET
// /query (parsed form, "k=v;" each), GET /subject (client certificate), GET /wait (until released), GET /throw, GET
// /busy, GET /none (204), GET /big (1 MB), GET /stream (three chunks), GET /endless (a chunk, then waits), GET /flood
// (chunks for ever), GET /broken-stream, POST /closed (the guard says 401), POST /fhir/echo (errors as
// OperationOutcome).
class TestServer {
 public:
  explicit TestServer(gateway::http::Limits limits = {}, std::optional<gateway::http::TlsFiles> tls = std::nullopt,
                      int threads = 1);
  ~TestServer();

  unsigned short port() const { return port_; }
  gateway::http::Server& server() { return *server_; }
  const gateway::http::ServerCounts& counts() const { return server_->counts(); }
  Observed& observed() { return *observed_; }
  // Stops gracefully; the future is ready when the server says it is done.
  std::future<void> stop();

 private:
  std::unique_ptr<Observed> observed_ = std::make_unique<Observed>();
  std::vector<std::unique_ptr<boost::asio::io_context>> contexts_;
  std::unique_ptr<gateway::http::Router> router_;
  std::unique_ptr<gateway::http::Server> server_;
  std::vector<std::thread> threads_;
  unsigned short port_ = 0;
  bool stopped_ = false;
};

}  // namespace support
