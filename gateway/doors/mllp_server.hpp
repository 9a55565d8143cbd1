// MLLP listeners: HL7 v2 messages of one source each, answered one after the other on their connection. On the event
// loops, as gateway/http: one acceptor per loop (SO_REUSEPORT), and a connection lives and dies on the loop that
// accepted it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/http/request.hpp"
#include "gateway/runtime/metrics.hpp"

namespace gateway::doors {

// What becomes of a message, in bytes to send back; empty: nothing is sent. Called on the connection's loop.
struct MllpReceiver {
  std::function<http::Awaitable<std::string>(std::string message)> take;
  // For a message that is not read to its end; `beginning` is what came of it.
  std::function<std::string(std::string_view beginning, std::string_view why)> refuse;
};

struct MllpHooks {
  // One line about something unexpected. Called on a loop's thread.
  std::function<void(std::string_view event, std::string_view detail)> log;
  Metrics* metrics = nullptr;
  std::chrono::milliseconds handshake{10'000}, write{30'000}, stop{8'000};  // as http::Limits
};

class MllpServer {
 public:
  // `contexts` are run by the caller, one thread each, and outlive the server.
  MllpServer(std::vector<boost::asio::io_context*> contexts, MllpHooks);
  ~MllpServer();  // after `done` of stop(), or when the contexts do not run any more
  // Binds at once (throws as http::Server does); accepts after start(). Returns the bound port.
  unsigned short listen(const config::Mllp&, MllpReceiver);
  void start();
  // Connections without a message under way end now, the others after their answer; after MllpHooks::stop all are cut.
  // What was received in part was never acknowledged, so its sender sends it again. `done` is called once, on the first
  // context.
  void stop(std::function<void()> done);
  std::size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::doors
