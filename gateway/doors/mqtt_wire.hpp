// The connection to a broker, plain or TLS, as a subscriber uses it: opened once, read by one coroutine and written by one other.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/config/config.hpp"
#include "gateway/http/request.hpp"

namespace gateway::doors {

// Everything on the executor's thread. No deadline of its own: close() ends whatever is awaited.
class Wire {
 public:
  virtual ~Wire() = default;
  // Empty when connected, TLS included; else why not, in words for a log line.
  virtual http::Awaitable<std::string> open() = 0;
  // Appends what has come; false at the end of the connection and after stop_reading().
  virtual http::Awaitable<bool> read(std::string& bytes) = 0;
  virtual http::Awaitable<bool> write(std::string_view bytes) = 0;
  virtual void stop_reading() = 0;
  virtual void close() = 0;
};

// TLS 1.2 or later; the broker's certificate has to be of the configured authority, or one of the system's, and for its host name.
// Null for a plaintext broker. Throws std::runtime_error for files that cannot be used.
std::shared_ptr<boost::asio::ssl::context> make_broker_tls(const config::MqttBroker&);

// `tls` null: plaintext. The broker's settings outlive the wire.
std::unique_ptr<Wire> make_wire(http::Executor, const config::MqttBroker&, std::shared_ptr<boost::asio::ssl::context> tls);

}  // namespace gateway::doors
