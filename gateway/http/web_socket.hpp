// One upgraded connection: messages in, answers out in the order of the messages, RFC 6455. Part of a session (session.hpp), whose
// stream and deadline it uses; everything runs on the thread of the connection's io_context. Included by session.hpp only.
#pragma once

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gateway/http/connection.hpp"
#include "gateway/http/web_socket_frames.hpp"

namespace gateway::http {

// Three coroutines share it: run() reads, one writes, one asks a silent peer whether it is there. Reading stops while
// Limits::web_socket_in_flight messages, or Limits::body_bytes of them, are not answered; a peer that does not take its answers
// is cut after Limits::stream_write.
template <class Stream>
class WebSocket : public std::enable_shared_from_this<WebSocket<Stream>> {
 public:
  WebSocket(std::shared_ptr<Connection> owner, Stream& stream, std::unique_ptr<MessageHandler> handler, std::string_view received)
      : owner_(std::move(owner)),
        worker_(*owner_->worker_),
        limits_(owner_->limits_),
        stream_(stream),
        handler_(std::move(handler)),
        frames_(limits_.body_bytes),
        changed_(executor(), never),
        room_(executor(), never),
        all_ended_(executor(), never),
        pulse_(executor()),
        message_deadline_(executor()) {
    frames_.received(received);
    ++worker_.counts->web_sockets_open;
  }
  ~WebSocket() { --worker_.counts->web_sockets_open; }
  WebSocket(const WebSocket&) = delete;

  // True when the peer was told why the connection ends.
  Awaitable<bool> run() {
    auto self = this->shared_from_this();
    spawn(write_all(self));
    spawn(keep_alive(self));
    if (worker_.stopping) stop();
    co_await read_all();
    message_deadline_.cancel();
    reading_ended_ = true;
    pulse_.cancel();
    changed_.cancel();
    // Their frames refer to the stream: nobody may be left when the session goes on.
    while (children_ > 0) {
      all_ended_.expires_at(never);
      co_await all_ended_.async_wait(token);
    }
    co_return told_;
  }

  // The server stops: no more is read, what was read is answered.
  void stop() {
    if (!goodbye_) goodbye_ = CloseCode::restart;
    end_reading();
  }

 private:
  static constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable_t<Executor>{});
  static constexpr auto never = std::chrono::steady_clock::time_point::max();
  static constexpr std::size_t write_bytes = 256 * 1024;  // per deadline, as for other answers

  struct Slot {
    std::optional<std::string> text;  // nothing: not answered yet
    std::size_t bytes = 0;            // of the message
  };

  Executor executor() { return worker_.context.get_executor(); }

  void spawn(Awaitable<void> work) {
    ++children_;
    boost::asio::co_spawn(executor(), std::move(work), [self = this->shared_from_this()](std::exception_ptr failure) {
      if (failure) self->lost();
      self->child_ended();
    });
  }
  void child_ended() {
    if (--children_ == 0) all_ended_.cancel();
  }

  void end_reading() {
    reading_over_ = true;
    read_cancel_.emit(boost::asio::cancellation_type::terminal);
    room_.cancel();
  }
  // Nothing can be said to the peer any more.
  void lost() {
    lost_ = true;
    owner_->cancel_io();
    end_reading();
    changed_.cancel();
  }

  Awaitable<void> read_all() {
    using Progress = FrameReader::Progress;
    while (!reading_over_) {
      Progress const progress = frames_.next();
      watch_message(progress);
      switch (progress) {
        case Progress::need_more:
          co_await read_some();
          break;
        case Progress::message:
          co_await wait_for_room();
          if (!reading_over_) begin_answer(frames_.take());
          break;
        case Progress::ping:
          pong_ = frames_.take();  // only the latest needs an answer (5.5.3)
          changed_.cancel();
          break;
        case Progress::pong:
          break;
        case Progress::close:
        case Progress::refused:
          goodbye_ = frames_.code();
          reading_over_ = true;
          break;
      }
    }
  }

  Awaitable<void> read_some() {
    in_read_ = true;
    auto const buffer = boost::asio::buffer(bytes_);
    auto cancellable = boost::asio::bind_cancellation_slot(read_cancel_.slot(), token);
    auto const [ec, count] = co_await stream_.async_read_some(buffer, cancellable);
    in_read_ = false;
    heard_ = true;
    frames_.received({bytes_.data(), count});
    // An end without a close frame: whatever is under way is stored, and nobody is there to hear of it.
    if (ec && !reading_over_) lost();
  }

  // A message that has begun must end in time; many small ones each have their own.
  void watch_message(FrameReader::Progress progress) {
    bool const inside = progress == FrameReader::Progress::need_more && frames_.inside_message();
    if (inside == watching_message_) return;
    watching_message_ = inside;
    message_deadline_.cancel();
    if (!inside) return;
    message_deadline_.expires_after(limits_.body_read);
    message_deadline_.async_wait([self = this->shared_from_this()](boost::system::error_code ec) {
      if (ec || self->reading_over_) return;
      ++self->worker_.counts->timeouts;
      self->goodbye_ = CloseCode::too_slow;
      self->end_reading();
    });
  }

  Awaitable<void> wait_for_room() {
    while (!reading_over_ && !slots_.empty() &&
           (slots_.size() >= limits_.web_socket_in_flight || bytes_in_flight_ >= limits_.body_bytes)) {
      room_.expires_at(never);
      co_await room_.async_wait(token);
    }
  }

  void begin_answer(std::string message) {
    ++worker_.counts->web_socket_messages;
    auto slot = std::make_shared<Slot>();
    slot->bytes = message.size();
    bytes_in_flight_ += slot->bytes;
    slots_.push_back(slot);
    ++children_;
    Awaitable<std::string> work = handler_->answer(std::move(message));
    boost::asio::co_spawn(executor(), std::move(work),
                          [self = this->shared_from_this(), slot](std::exception_ptr failure, std::string answer) {
                            if (failure) {
                              self->worker_.log("handler_failed", "a WebSocket message");
                              answer = self->handler_->failed();
                            }
                            slot->text = std::move(answer);
                            self->changed_.cancel();
                            self->child_ended();
                          });
  }

  static Awaitable<void> write_all(std::shared_ptr<WebSocket> self) {
    std::string out;
    while (!self->lost_) {
      out.clear();
      self->collect(out);
      if (out.empty() && self->reading_ended_ && self->slots_.empty()) {
        if (self->goodbye_) append_close(out, *self->goodbye_);
        bool const told = co_await self->write(out);
        self->told_ = told;
        co_return;
      }
      if (out.empty()) {
        self->changed_.expires_at(never);
        co_await self->changed_.async_wait(token);
        continue;
      }
      bool const written = co_await self->write(out);
      if (!written) self->lost();
    }
    // Whoever is still being answered is stored all the same; run() waits for it.
  }

  // What can be sent now: control frames first, then answers in the order of their messages.
  void collect(std::string& out) {
    if (ping_) append_frame(out, Opcode::ping, {});
    ping_ = false;
    if (pong_) append_frame(out, Opcode::pong, *pong_);
    pong_.reset();
    while (!slots_.empty() && slots_.front()->text && out.size() < write_bytes) {
      append_frame(out, Opcode::text, *slots_.front()->text);
      bytes_in_flight_ -= slots_.front()->bytes;
      slots_.pop_front();
    }
    room_.cancel();
  }

  Awaitable<bool> write(std::string_view out) {
    while (!out.empty()) {
      std::string_view const slice = out.substr(0, write_bytes);
      owner_->set_deadline(limits_.stream_write);
      auto const [ec, count] = co_await boost::asio::async_write(stream_, boost::asio::buffer(slice), token);
      bool const slow = owner_->expired();
      owner_->clear_deadline();
      if (slow) ++worker_.counts->evicted_streams;
      if (ec) co_return false;
      out.remove_prefix(count);
    }
    co_return true;
  }

  // A peer that went away without a word holds a connection for ever otherwise.
  static Awaitable<void> keep_alive(std::shared_ptr<WebSocket> self) {
    bool asked = false;
    while (!self->reading_ended_ && !self->lost_) {
      self->pulse_.expires_after(self->limits_.web_socket_ping);
      co_await self->pulse_.async_wait(token);
      if (self->reading_ended_ || self->lost_) break;
      // While answers are awaited nothing is read, and silence says nothing.
      bool const silent = !std::exchange(self->heard_, false) && self->in_read_;
      if (silent && asked) {
        ++self->worker_.counts->timeouts;
        self->lost();
        break;
      }
      asked = silent;
      if (!silent) continue;
      self->ping_ = true;
      self->changed_.cancel();
    }
  }

  std::shared_ptr<Connection> owner_;
  Worker& worker_;
  const Limits& limits_;
  Stream& stream_;
  std::unique_ptr<MessageHandler> handler_;
  FrameReader frames_;
  std::array<char, 16 * 1024> bytes_;
  std::deque<std::shared_ptr<Slot>> slots_;  // in the order of the messages
  std::size_t bytes_in_flight_ = 0;
  std::optional<std::string> pong_;
  bool ping_ = false;
  std::optional<CloseCode> goodbye_;
  bool reading_over_ = false;   // nothing more is to be read
  bool reading_ended_ = false;  // and run() has noticed
  bool in_read_ = false, heard_ = false, watching_message_ = false;
  bool lost_ = false, told_ = false;
  int children_ = 0;
  boost::asio::cancellation_signal read_cancel_;
  Timer changed_, room_, all_ended_, pulse_, message_deadline_;
};

}  // namespace gateway::http
