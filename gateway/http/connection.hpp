// What a connection does besides moving bytes: who it belongs to, its deadline, and the decisions before and after a
// handler. Session<Stream> adds the socket. Everything here runs on the thread of the connection's io_context.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "gateway/http/request_reader.hpp"
#include "gateway/http/response_head.hpp"
#include "gateway/http/server.hpp"
#include "gateway/http/timer.hpp"

namespace gateway::http {

class Connection;
template <class Stream>
class WebSocket;

// What the connections of one context share.
struct Worker {
  Worker(boost::asio::io_context& context_, const Router& router_, const Limits& limits_, Hooks hooks_,
         std::shared_ptr<ServerCounts> counts_)
      : context(context_), router(router_), limits(limits_), hooks(std::move(hooks_)), counts(std::move(counts_)) {}

  std::string_view date();  // of this second; empty without a clock
  void log(std::string_view event, std::string_view detail) const;

  boost::asio::io_context& context;
  const Router& router;
  const Limits limits;
  const Hooks hooks;
  const std::shared_ptr<ServerCounts> counts;
  std::unordered_set<Connection*> connections;
  bool stopping = false;
  std::function<void()> emptied;  // called when the last connection ends while stopping

 private:
  std::string date_;
  fhir::Time date_until_{};
};

// Shared by its coroutine, its timer and, during a stream, the coroutine that watches the peer.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Worker>, std::string remote);
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The server stops: an idle connection ends now, a stream is cancelled, a request is answered and then the connection
  // ends.
  void stop();
  // Closes the socket; what is awaited fails.
  virtual void cut() = 0;

 protected:
  template <class Stream>
  friend class WebSocket;  // moves bytes as part of the session, under its deadline
  virtual void cancel_io() = 0;
  void ended(std::exception_ptr);

  // One deadline at a time for what is being awaited; when it passes, I/O is cancelled and expired() is true. The timer
  // is only moved when the new deadline comes before what it is set to, so that a busy connection does not touch it.
  void set_deadline(std::chrono::milliseconds);
  void clear_deadline();
  bool expired() const { return expired_; }

  enum class Step { proceed, answer, end };
  // Route, guard, what the header announces about the body. `answer`: response_ is set.
  Step admit();
  // What the guard left to be decided with the body. `answer`: response_ is set.
  Step check_body();
  Step refuse(int status, std::string_view detail);  // sets response_
  Step fail(std::exception_ptr);                     // 500 and a line in the log
  bool gzip_body() const;
  // Appends the head of response_ to out_ and decides whether the connection goes on.
  void write_head();
  void begin_request();
  // So that a header that is refused is not answered as if it were the request before.
  void forget_request();

  const std::shared_ptr<Worker> worker_;
  const Limits& limits_;
  RequestReader reader_;
  Request request_;
  const Route* route_ = nullptr;
  Response response_;
  std::string certificate_subject_;
  std::string out_;
  bool waiting_ = false;  // for the first byte of a request
  bool streaming_ = false;
  bool closing_ = false;  // the connection ends after this answer
  boost::asio::cancellation_signal stream_cancel_;
  std::function<void()> stop_messages_;  // while the connection is a WebSocket

 private:
  Step find_route();
  void arm();
  void on_timer();

  const std::string remote_;
  Timer timer_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  std::chrono::steady_clock::time_point armed_ = std::chrono::steady_clock::time_point::max();
  bool expired_ = false;
  std::uint64_t number_ = 0, requests_ = 0;
};

}  // namespace gateway::http
