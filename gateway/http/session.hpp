// One coroutine per connection, over a plain or a TLS stream. Included by session_plain.cpp and session_tls.cpp only:
// each instantiation of the asynchronous operations costs the compiler half a minute with sanitizers (limits.md section
// 9).
#pragma once

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

#include "gateway/http/connection.hpp"
#include "gateway/http/inflate.hpp"
#include "gateway/http/socket.hpp"
#include "gateway/http/tls.hpp"
#include "gateway/http/web_socket.hpp"

namespace gateway::http {

template <class Stream>
class Session final : public Connection {
 public:
  Session(std::shared_ptr<Worker> worker, std::string remote, Stream stream)
      : Connection(std::move(worker), std::move(remote)), stream_(std::move(stream)) {}

  void start() {
    boost::asio::co_spawn(worker_->context.get_executor(), run(self()),
                          [self = self()](std::exception_ptr failure) { self->ended(failure); });
  }

  void cut() override {
    boost::system::error_code ignored;
    socket().close(ignored);
  }

 private:
  static constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable_t<Executor>{});
  static constexpr auto resume = boost::asio::use_awaitable_t<Executor>{};
  static constexpr bool is_tls = !std::is_same_v<Stream, Socket>;
  // An answer is written in slices of this size, each with its own deadline, so that a large one does not need a fast
  // reader.
  static constexpr std::size_t write_slice = 256 * 1024;
  // A small refused body is read over to keep the connection; beyond that a new connection is cheaper.
  static constexpr std::size_t skipped_body = 64 * 1024;
  static constexpr std::size_t linger_bytes = 4 * 1024 * 1024;
  static constexpr std::chrono::milliseconds linger_at_stop{250};  // enough for a client that reads its answer at once
  static constexpr std::size_t copied_body = 16 * 1024;

  std::shared_ptr<Session> self() { return std::static_pointer_cast<Session>(shared_from_this()); }
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

  static Awaitable<void> run(std::shared_ptr<Session> self) {
    bool const opened = co_await self->open();
    if (!opened) co_return;
    for (;;) {
      Step const head = co_await self->receive_head();
      if (head == Step::end) break;
      if (head == Step::answer) {
        co_await self->send();
        break;
      }
      Step const next = co_await self->exchange();
      if (next == Step::end || self->closing_) break;
      self->reader_.next();
    }
    co_await self->farewell();
  }

  Awaitable<bool> open() {
    if constexpr (is_tls) {
      set_deadline(limits_.handshake);
      auto const [ec] = co_await stream_.async_handshake(boost::asio::ssl::stream_base::server, token);
      if (ec) {
        if (expired()) ++worker_->counts->timeouts;
        co_return false;
      }
      certificate_subject_ = client_subject(stream_.native_handle());
    }
    co_return true;
  }

  // `proceed`: a header is read. `answer`: it is refused, response_ says why. `end`: there is nobody to answer.
  Awaitable<Step> receive_head() {
    forget_request();
    bool started = false;
    for (;;) {
      RequestReader::Progress const progress = reader_.head(request_);
      if (progress == RequestReader::Progress::done) co_return Step::proceed;
      if (progress == RequestReader::Progress::refused) {
        closing_ = true;
        co_return refuse(reader_.refusal().status, reader_.refusal().detail);
      }
      bool const idle = reader_.idle();
      if (idle && worker_->stopping) co_return leave_idle();
      if (idle) {
        set_deadline(limits_.idle);
      } else if (!started) {
        started = true;
        set_deadline(limits_.header_read);
      }
      waiting_ = idle;
      boost::system::error_code const ec = co_await receive();
      waiting_ = false;
      if (ec && idle) co_return leave_idle();
      if (ec) co_return interrupted(ec, "The header did not arrive in time.");
    }
  }

  Awaitable<boost::system::error_code> receive() {
    std::span<char> const space = reader_.space();
    auto const buffer = boost::asio::buffer(space.data(), space.size());
    auto const [ec, count] = co_await stream_.async_read_some(buffer, token);
    reader_.received(count);
    co_return ec;
  }

  // Nothing was asked, so there is no answer that a reset could overtake.
  Step leave_idle() {
    linger_ = false;
    return Step::end;
  }

  // What a broken-off request is answered: 408 when it was too slow, 400 when the client ended half-way.
  Step interrupted(boost::system::error_code ec, std::string_view too_slow) {
    closing_ = true;
    if (expired()) {
      ++worker_->counts->timeouts;
      return refuse(408, too_slow);
    }
    if (ec == boost::asio::error::eof) return refuse(400, "The request ended before it was complete.");
    linger_ = false;
    return Step::end;
  }

  Awaitable<Step> exchange() {
    begin_request();
    Step step = Step::proceed;
    try {
      step = admit();
    } catch (...) {
      step = fail(std::current_exception());
    }
    if (step == Step::answer) {
      step = co_await send_early();
      co_return step;
    }
    if (reader_.has_body()) {
      step = co_await receive_body();
    } else {
      step = check_body();
    }
    if (step == Step::end) co_return Step::end;
    if (step == Step::proceed) co_await handle();
    if (response_.messages) {
      step = co_await send_messages();
    } else if (response_.stream) {
      step = co_await send_stream();
    } else {
      step = co_await send();
    }
    co_return step;
  }

  Awaitable<Step> receive_body() {
    if (reader_.expects_continue() && reader_.idle()) {
      set_deadline(limits_.write);
      out_ = "HTTP/1.1 100 Continue\r\n\r\n";
      bool const written = co_await write(boost::asio::buffer(out_));
      if (!written) co_return Step::end;
    }
    bool started = false;
    for (;;) {
      RequestReader::Progress const progress = reader_.body(request_, limits_.body_bytes);
      if (progress == RequestReader::Progress::done) break;
      if (progress == RequestReader::Progress::refused) {
        closing_ = true;
        co_return refuse(reader_.refusal().status, reader_.refusal().detail);
      }
      if (!started) set_deadline(limits_.body_read);
      started = true;
      boost::system::error_code const ec = co_await receive();
      if (ec) co_return interrupted(ec, "The body did not arrive in time.");
    }
    // Before anything is inflated: a signature is over the bytes as they came.
    if (check_body() == Step::answer) co_return Step::answer;
    if (!gzip_body()) co_return Step::proceed;
    Step const step = co_await inflate_body();
    co_return step;
  }

  Awaitable<Step> inflate_body() {
    std::string inflated;
    Inflater inflater(request_.body, limits_.inflated_bytes);
    for (;;) {
      switch (inflater.step(inflated)) {
        case Inflater::Step::done:
          request_.body = std::move(inflated);
          co_return Step::proceed;
        case Inflater::Step::broken:
          co_return refuse(400, "The body is not valid gzip.");
        case Inflater::Step::too_large:
          co_return refuse(413, "The inflated body is larger than this server accepts.");
        case Inflater::Step::more:
          co_await boost::asio::post(resume);
          break;
      }
    }
  }

  Awaitable<void> handle() {
    clear_deadline();
    std::exception_ptr failure;
    try {
      Awaitable<Response> work = route_->handler(request_);
      response_ = co_await std::move(work);
    } catch (...) {
      failure = std::current_exception();
    }
    if (failure) fail(failure);
  }

  // An answer given before the body was read. The rest of a small body is read over so that the connection can go on.
  Awaitable<Step> send_early() {
    using Progress = RequestReader::Progress;
    Progress rest = Progress::done;
    if (reader_.expects_continue()) {
      rest = Progress::refused;  // whether the body follows is the client's choice (RFC 9110 10.1.1): framing is lost
    } else if (reader_.has_body()) {
      rest = reader_.skip_body(skipped_body);
      bool const small = reader_.content_length() && *reader_.content_length() <= skipped_body;
      if (rest == Progress::need_more && !small) rest = Progress::refused;
    }
    closing_ = closing_ || rest == Progress::refused;
    Step const sent = co_await send();
    if (sent == Step::end || closing_) co_return sent;
    if (rest == Progress::need_more) set_deadline(limits_.body_read);
    while (rest == Progress::need_more) {
      boost::system::error_code const ec = co_await receive();
      if (ec) co_return Step::end;
      rest = reader_.skip_body(skipped_body);
    }
    co_return rest == Progress::done ? Step::proceed : Step::end;
  }

  template <class Buffers>
  Awaitable<bool> write(Buffers buffers) {
    auto const [ec, count] = co_await boost::asio::async_write(stream_, buffers, token);
    if (ec) linger_ = false;
    co_return !ec;
  }

  Awaitable<Step> send() {
    write_head();
    if (request_.method == Method::head) response_.body.clear();
    std::string_view body = response_.body;
    set_deadline(limits_.write);
    bool written = false;
    if (body.size() <= copied_body) {  // one buffer instead of two: cheaper than the copy
      out_ += body;
      body = {};
      written = co_await write(boost::asio::buffer(out_));
    } else {
      std::string_view const slice = take_slice(body);
      std::array<boost::asio::const_buffer, 2> const first{boost::asio::buffer(out_), boost::asio::buffer(slice)};
      written = co_await write(first);
    }
    while (written && !body.empty()) {
      std::string_view const slice = take_slice(body);
      set_deadline(limits_.write);
      written = co_await write(boost::asio::buffer(slice));
    }
    if (!written) co_return ended_writing();
    response_.body = std::string();
    co_return Step::proceed;
  }

  static std::string_view take_slice(std::string_view& body) {
    std::string_view const slice = body.substr(0, write_slice);
    body.remove_prefix(slice.size());
    return slice;
  }

  Step ended_writing() {
    if (expired()) ++worker_->counts->timeouts;
    return Step::end;
  }

  Awaitable<Step> send_messages() {
    write_head();
    std::unique_ptr<MessageHandler> handler = std::move(response_.messages);
    set_deadline(limits_.write);
    bool const begun = co_await write(boost::asio::buffer(out_));
    if (!begun) co_return ended_writing();
    clear_deadline();
    auto const messages = std::make_shared<WebSocket<Stream>>(self(), stream_, std::move(handler), reader_.rest());
    stop_messages_ = [&messages = *messages] { messages.stop(); };
    bool const polite = co_await messages->run();
    stop_messages_ = nullptr;
    linger_ = linger_ && polite;
    co_return Step::end;
  }

  Awaitable<Step> send_stream() {
    write_head();
    std::unique_ptr<BodyStream> const body = std::move(response_.stream);
    set_deadline(limits_.write);
    bool const begun = co_await write(boost::asio::buffer(out_));
    if (!begun) co_return ended_writing();
    if (request_.method == Method::head) co_return Step::end;
    streaming_ = watching_ = true;
    peer_gone_ = false;
    boost::asio::co_spawn(worker_->context.get_executor(), watch_peer(self()),
                          [self = self()](std::exception_ptr failure) {
                            if (failure) self->peer_gone_ = true;
                            self->watching_ = false;
                            self->watch_ended_.cancel();
                          });
    bool const complete = co_await pump(*body);
    streaming_ = false;
    // One read at a time on a TLS stream: the watcher must be over before the connection is closed politely.
    while (watching_) {
      cancel_io();
      watch_ended_.expires_at(std::chrono::steady_clock::time_point::max());
      co_await watch_ended_.async_wait(token);
    }
    linger_ = linger_ && complete;
    co_return Step::end;
  }

  // True when the stream said its end. Anything else ends without the last chunk, so that the reader knows it has not
  // got all.
  Awaitable<bool> pump(BodyStream& body) {
    while (!peer_gone_ && !worker_->stopping) {
      clear_deadline();
      Awaitable<std::optional<std::string>> next = body.next();
      auto cancellable = boost::asio::bind_cancellation_slot(stream_cancel_.slot(), token);
      auto [failure, chunk] =
          co_await boost::asio::co_spawn(worker_->context.get_executor(), std::move(next), std::move(cancellable));
      if (peer_gone_) break;
      if (failure) {
        if (!worker_->stopping) fail(failure);
        break;
      }
      if (!chunk && worker_->stopping) break;
      if (chunk && chunk->empty()) continue;
      set_deadline(limits_.stream_write);
      bool const written = co_await write_chunk(chunk ? std::string_view(*chunk) : std::string_view());
      if (!written) {
        if (expired()) ++worker_->counts->evicted_streams;
        break;
      }
      if (!chunk) co_return true;
    }
    co_return false;
  }

  // RFC 9112 7.1; an empty one is the last.
  Awaitable<bool> write_chunk(std::string_view chunk) {
    static constexpr std::string_view line_end = "\r\n";
    std::array<char, 16> size;
    auto const end = std::to_chars(size.data(), size.data() + size.size(), chunk.size(), 16).ptr;
    out_.assign(size.data(), end).append(line_end);
    std::array<boost::asio::const_buffer, 3> const parts{boost::asio::buffer(out_), boost::asio::buffer(chunk),
                                                         boost::asio::buffer(line_end)};
    bool const written = co_await write(parts);
    co_return written;
  }

  // During a stream the client has nothing to say: what it sends is dropped (a little), its end is the end of the
  // stream.
  static Awaitable<void> watch_peer(std::shared_ptr<Session> self) {
    std::array<char, 256> bytes;
    std::size_t total = 0;
    auto const buffer = boost::asio::buffer(bytes);
    while (total < skipped_body) {
      auto const [ec, count] = co_await self->stream_.async_read_some(buffer, token);
      total += count;
      if (ec) break;
    }
    if (!self->streaming_) co_return;
    self->peer_gone_ = true;
    self->stream_cancel_.emit(boost::asio::cancellation_type::terminal);
  }

  // Ends the connection so that the client can read the last answer: closing with unread bytes in the receive buffer
  // would send a reset, which may overtake the answer (RFC 9112 9.6).
  Awaitable<void> farewell() {
    if (linger_) {
      set_deadline(worker_->stopping ? std::min(limits_.linger, linger_at_stop) : limits_.linger);
      if constexpr (is_tls) co_await stream_.async_shutdown(token);
      boost::system::error_code ignored;
      socket().shutdown(Socket::shutdown_send, ignored);
      std::array<char, 4096> bytes;
      auto const buffer = boost::asio::buffer(bytes);
      for (std::size_t total = 0; total < linger_bytes && !expired();) {
        auto const [ec, count] = co_await socket().async_read_some(buffer, token);
        if (ec) break;
        total += count;
      }
    }
    cut();
  }

  Stream stream_;
  Timer watch_ended_{worker_->context.get_executor()};
  bool linger_ = true;
  bool watching_ = false;
  bool peer_gone_ = false;
};

}  // namespace gateway::http
