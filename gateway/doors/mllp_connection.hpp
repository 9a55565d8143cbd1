// One MLLP connection over a plain or a TLS stream. Included by mllp_server.cpp only, as gateway/http/session.hpp is by
// its units.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <unordered_set>

#include "gateway/doors/mllp_framing.hpp"
#include "gateway/doors/mllp_server.hpp"
#include "gateway/http/socket.hpp"
#include "gateway/http/timer.hpp"
#include "gateway/http/tls.hpp"

namespace gateway::doors {

// One configured listener, shared by its acceptors on all loops.
struct MllpPort {
  MllpPort(config::Mllp c, MllpReceiver r, MllpHooks h) : config(std::move(c)), receiver(std::move(r)), hooks(std::move(h)) {}
  void log(std::string_view event, std::string_view detail) const {
    if (hooks.log) hooks.log(event, "source " + config.source + ": " + std::string(detail));
  }
  const config::Mllp config;
  const MllpReceiver receiver;
  const MllpHooks hooks;
  std::shared_ptr<boost::asio::ssl::context> tls;
  std::atomic<std::size_t> open{0};
};

class MllpConnection;

// The connections of one loop; its thread only.
struct MllpLoop {
  explicit MllpLoop(boost::asio::io_context& c) : context(c) {}
  boost::asio::io_context& context;
  std::unordered_set<MllpConnection*> connections;
  bool stopping = false;
  std::function<void()> emptied;
};

class MllpConnection : public std::enable_shared_from_this<MllpConnection> {
 public:
  MllpConnection(std::shared_ptr<MllpLoop> loop, std::shared_ptr<MllpPort> port);
  virtual ~MllpConnection();
  MllpConnection(const MllpConnection&) = delete;
  MllpConnection& operator=(const MllpConnection&) = delete;

  void stop() {
    if (reading_) cancel_io();
  }
  virtual void cut() = 0;

 protected:
  virtual void cancel_io() = 0;
  void ended(std::exception_ptr);

  // One deadline at a time; when it passes, I/O is cancelled and expired_ is true.
  void set_deadline(std::chrono::milliseconds);
  void clear_deadline();

  const std::shared_ptr<MllpLoop> loop_;
  const std::shared_ptr<MllpPort> port_;
  MllpReader reader_;
  http::Timer timer_;
  std::uint64_t deadline_ = 0;
  bool expired_ = false;
  bool reading_ = false;
};

template <class Stream>
class MllpSession final : public MllpConnection {
 public:
  MllpSession(std::shared_ptr<MllpLoop> loop, std::shared_ptr<MllpPort> port, Stream stream)
      : MllpConnection(std::move(loop), std::move(port)), stream_(std::move(stream)) {}

  void start() {
    auto const self = std::static_pointer_cast<MllpSession>(shared_from_this());
    boost::asio::co_spawn(loop_->context.get_executor(), run(self),
                          [self](std::exception_ptr failure) { self->ended(failure); });
  }
  void cut() override {
    boost::system::error_code ignored;
    socket().close(ignored);
  }

 private:
  static constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable_t<http::Executor>{});
  static constexpr bool is_tls = !std::is_same_v<Stream, http::Socket>;
  static constexpr std::size_t linger_bytes = 4 * 1024 * 1024;
  static constexpr std::chrono::milliseconds linger{1'000};

  auto& socket() {
    if constexpr (is_tls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }
  void cancel_io() override {
    boost::system::error_code ignored;
    socket().cancel(ignored);
  }

  static http::Awaitable<void> run(std::shared_ptr<MllpSession> self) {
    bool const opened = co_await self->open();
    if (!opened) co_return self->cut();
    bool going = true;
    while (going) going = co_await self->exchange();
    co_await self->farewell();
  }

  http::Awaitable<bool> open() {
    if constexpr (is_tls) {
      set_deadline(port_->hooks.handshake);
      reading_ = true;
      auto const [ec] = co_await stream_.async_handshake(boost::asio::ssl::stream_base::server, token);
      reading_ = false;
      if (ec) co_return false;
      const std::string& wanted = port_->config.client_subject;
      if (!wanted.empty() && http::client_subject(stream_.native_handle()) != wanted) {
        port_->log("mllp_client_refused", "the certificate is of another subject than the configured one");
        co_return false;
      }
    }
    set_deadline(port_->config.idle);
    co_return true;
  }

  // The next message and its answer; false when the connection ends.
  http::Awaitable<bool> exchange() {
    for (;;) {
      switch (reader_.read(pending_)) {
        case MllpReader::Progress::message: {
          bool const answered = co_await answer();
          co_return answered;
        }
        case MllpReader::Progress::too_large: {
          std::string const refusal = port_->receiver.refuse(reader_.beginning(), "larger than this listener accepts");
          if (port_->hooks.metrics != nullptr) port_->hooks.metrics->mllp_refused_limits.add();
          co_await send(refusal);
          co_return false;
        }
        case MllpReader::Progress::no_frames:
          port_->log("mllp_no_frames", "the peer does not speak MLLP");
          co_return false;
        case MllpReader::Progress::need_more:
          break;
      }
      bool const received = co_await receive();
      if (!received) co_return false;
    }
  }

  // The deadline of a message runs from its first byte, however it is cut into reads; an empty frame ends without an
  // answer and is a sign of life.
  http::Awaitable<bool> receive() {
    if (loop_->stopping) co_return false;
    bool const begun = reader_.in_message();
    if (begun != in_message_) set_deadline(begun ? port_->config.message_read : port_->config.idle);
    in_message_ = begun;
    reading_ = true;
    auto const buffer = boost::asio::buffer(bytes_);
    auto const [ec, count] = co_await stream_.async_read_some(buffer, token);
    reading_ = false;
    pending_ = std::string_view(bytes_.data(), count);
    if (!ec) co_return true;
    if (expired_ && port_->hooks.metrics != nullptr) port_->hooks.metrics->mllp_timeouts.add();
    if (expired_ && begun) port_->log("mllp_message_broken_off", "a message did not arrive in time");
    linger_ = false;
    co_return false;
  }

  http::Awaitable<bool> answer() {
    clear_deadline();
    in_message_ = false;
    if (reader_.skipped() > 0 && !told_of_garbage_) {
      told_of_garbage_ = true;
      port_->log("mllp_garbage_skipped", "bytes that belong to no whole frame");
    }
    http::Awaitable<std::string> work = port_->receiver.take(reader_.take_message());
    std::string const reply = co_await std::move(work);
    bool const sent = co_await send(reply);
    if (!sent) co_return false;
    set_deadline(port_->config.idle);
    co_return !loop_->stopping;
  }

  http::Awaitable<bool> send(const std::string& reply) {
    if (reply.empty()) co_return true;
    std::string const frame = mllp_frame(reply);
    set_deadline(port_->hooks.write);
    auto const buffer = boost::asio::buffer(frame);
    auto const [ec, count] = co_await boost::asio::async_write(stream_, buffer, token);
    if (ec) linger_ = false;
    co_return !ec;
  }

  // Closing with unread bytes would send a reset, which may overtake the last answer.
  http::Awaitable<void> farewell() {
    if (linger_) {
      set_deadline(linger);
      if constexpr (is_tls) co_await stream_.async_shutdown(token);
      boost::system::error_code ignored;
      socket().shutdown(http::Socket::shutdown_send, ignored);
      for (std::size_t total = 0; total < linger_bytes && !expired_;) {
        auto const buffer = boost::asio::buffer(bytes_);
        auto const [ec, count] = co_await socket().async_read_some(buffer, token);
        if (ec) break;
        total += count;
      }
    }
    cut();
  }

  Stream stream_;
  std::array<char, 16 * 1024> bytes_;
  std::string_view pending_;
  bool in_message_ = false;
  bool told_of_garbage_ = false;
  bool linger_ = true;
};

}  // namespace gateway::doors
