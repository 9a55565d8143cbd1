// Listeners, connections and their limits. One io_context per thread with its own listener (SO_REUSEPORT); a connection
// lives and dies on the context that accepted it. Beast stays inside this folder (two units: session_plain.cpp,
// session_tls.cpp).
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/router.hpp"
#include "gateway/runtime/clock.hpp"

namespace gateway::http {

// Every limit is a setting (`http:` in the configuration); defaults and their reasons here.
struct Limits {
  std::size_t header_bytes = 16 * 1024;  // request line and fields; also one chunk's header and the trailer
  std::size_t header_fields = 100;
  std::size_t body_bytes = 16 * 1024 * 1024;
  std::size_t inflated_bytes = 64 * 1024 * 1024;   // gzip bombs: a 16 MB body may not become more than this
  std::size_t connections = 10'000;                // per context; beyond it a connection is closed at once
  std::chrono::milliseconds handshake{10'000};     // TLS, from accept
  std::chrono::milliseconds header_read{10'000};   // first byte of a request to end of its header
  std::chrono::milliseconds body_read{60'000};     // a 16 MB body at 2 Mbit/s
  std::chrono::milliseconds idle{75'000};          // kept-alive connection without a request
  std::chrono::milliseconds write{30'000};         // each 256 kB of an answer
  std::chrono::milliseconds stream_write{10'000};  // one chunk of a stream: a slower reader is evicted
  std::size_t web_socket_in_flight = 16;           // messages of one WebSocket whose answers are not yet written
  std::chrono::milliseconds web_socket_ping{30'000};  // silence after which the peer is asked; silent again: closed
  std::chrono::milliseconds linger{2'000};  // after a last answer: read what still comes, so that it is not reset away
  std::chrono::milliseconds stop{8'000};    // graceful stop: then connections are cut
};

struct TlsFiles {
  std::string certificate, key;  // PEM files
  std::string client_ca;         // PEM; empty: clients are not asked. Otherwise a client certificate is required
};

struct Listen {
  std::string address;
  unsigned short port = 0;  // 0: the kernel chooses
  std::optional<TlsFiles> tls;
};

// Counters the metrics page reads; plain atomics.
struct ServerCounts {
  std::atomic<std::uint64_t> connections_open{0}, connections_accepted{0}, requests{0}, refused_limits{0}, timeouts{0},
      evicted_streams{0}, web_sockets_open{0}, web_socket_messages{0};
  std::array<std::atomic<std::uint64_t>, 4> responses{};  // 2xx, 3xx, 4xx, 5xx
};

// What the server needs of the world besides sockets.
struct Hooks {
  // One line about something unexpected: "handler_failed", "accept_failed" ... Called on a context's thread.
  std::function<void(std::string_view event, std::string_view detail)> log;
  const Clock* clock = nullptr;  // for the Date field, which is left out without it (RFC 9110 6.6.1)
};

class Server {
 public:
  // `contexts` are run by the caller, one thread each, and outlive the server; so does the router.
  Server(std::vector<boost::asio::io_context*> contexts, const Router& router, Limits limits, Hooks hooks = {});
  // After `done`, or when the contexts do not run any more.
  ~Server();
  // Binds at once (throws std::system_error naming address and port when it cannot, std::runtime_error for unusable TLS
  // files); accepts after start(). Returns the bound port.
  unsigned short listen(const Listen&);
  void start();
  // Stop accepting, finish requests under way, end streams; afterwards or after Limits::stop all connections are closed
  // and `done` is called once, on the first context.
  void stop(std::function<void()> done);
  const ServerCounts& counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::http
