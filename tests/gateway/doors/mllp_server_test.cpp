// The listener over real sockets, with a receiver that does as it is told.
#include "gateway/doors/mllp_server.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/wait_traits.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "gateway/doors/mllp_framing.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/raw_http.hpp"

using namespace gateway;
using namespace std::chrono_literals;
using doors::mllp_frame;
using support::RawHttp;

namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

// Answers "ok:" and the message; "wait" only when released; "none" with nothing; "throw" throws.
class TestDoor {
 public:
  explicit TestDoor(config::Mllp config = {}, doors::MllpHooks hooks = {}) {
    config.listen.address = "127.0.0.1";
    config.source = "ward";
    hooks.log = [this](std::string_view event, std::string_view) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(event);
    };
    server_ = std::make_unique<doors::MllpServer>(std::vector<boost::asio::io_context*>{&loop_}, hooks);
    doors::MllpReceiver receiver;
    receiver.take = [this](std::string message) { return take(*this, std::move(message)); };
    receiver.refuse = [](std::string_view beginning, std::string_view) { return "refused:" + std::string(beginning); };
    port_ = server_->listen(config, std::move(receiver));
    server_->start();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~TestDoor() {
    if (!stopped_) stop().wait();
    guard_.reset();
    loop_.stop();
    thread_.join();
  }

  unsigned short port() const { return port_; }
  std::future<void> stop() {
    stopped_ = true;
    auto done = std::make_shared<std::promise<void>>();
    server_->stop([done] { done->set_value(); });
    return done->get_future();
  }
  // Until a "wait" is being worked on.
  void wait_for_work() { REQUIRE(working_.get_future().wait_for(20s) == std::future_status::ready); }
  void release() {
    boost::asio::post(loop_, [this] { released_.cancel(); });
  }
  std::vector<std::string> logged() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  int taken() const { return taken_; }

 private:
  static http::Awaitable<std::string> take(TestDoor& door, std::string message) {
    ++door.taken_;
    if (message == "throw") throw std::runtime_error("told to");
    if (message == "none") co_return std::string();
    if (message == "wait") {
      door.working_.set_value();
      boost::system::error_code released;
      co_await door.released_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable_t<http::Executor>{}, released));
    }
    co_return "ok:" + message;
  }

  using Waiting = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>, http::Executor>;
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{loop_.get_executor()};
  Waiting released_{loop_.get_executor(), std::chrono::steady_clock::time_point::max()};
  std::promise<void> working_;
  std::atomic<int> taken_{0};
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::unique_ptr<doors::MllpServer> server_;
  unsigned short port_ = 0;
  bool stopped_ = false;
  std::thread thread_;
};

std::string answer(RawHttp& client) {
  std::string frame = client.read_until("\x1c\r");
  return frame.size() < 3 ? frame : frame.substr(1, frame.size() - 3);
}

}  // namespace

TEST_CASE("mllp: messages are answered in their order, cut in any way or several at once", "[doors][mllp]") {
  TestDoor door;
  RawHttp client(door.port());
  for (const char byte : mllp_frame("one")) client.send(std::string(1, byte));
  CHECK(answer(client) == "ok:one");
  client.send(mllp_frame("two") + mllp_frame("none") + "noise" + mllp_frame("three"));
  CHECK(answer(client) == "ok:two");
  CHECK(answer(client) == "ok:three");
  CHECK(door.taken() == 4);
  CHECK(door.logged() == std::vector<std::string>{"mllp_garbage_skipped"});
}

TEST_CASE("mllp: no answer before the message is done with", "[doors][mllp]") {
  TestDoor door;
  RawHttp client(door.port()), other(door.port());
  client.send(mllp_frame("wait") + mllp_frame("after"));
  door.wait_for_work();
  other.send(mllp_frame("meanwhile"));
  CHECK(answer(other) == "ok:meanwhile");
  CHECK(door.taken() == 2);  // "after" waits for its turn
  door.release();
  CHECK(answer(client) == "ok:wait");
  CHECK(answer(client) == "ok:after");
}

TEST_CASE("mllp: a message beyond the limit is refused, and the connection ends", "[doors][mllp]") {
  config::Mllp config;
  config.message_bytes = 10;
  TestDoor door(config);
  RawHttp client(door.port());
  client.send(mllp_frame("0123456789"));
  CHECK(answer(client) == "ok:0123456789");
  client.try_send(mllp_frame("MSH|456789" + std::string(100'000, 'x')));
  CHECK(answer(client) == "refused:MSH|456789");
  CHECK(client.ended());
  CHECK(door.taken() == 1);
}

TEST_CASE("mllp: another protocol is not listened to", "[doors][mllp]") {
  TestDoor door;
  RawHttp client(door.port());
  client.try_send(std::string(10'000, 'G'));
  CHECK(client.ended());
  CHECK(door.taken() == 0);
}

TEST_CASE("mllp: an idle connection is closed", "[doors][mllp]") {
  config::Mllp config;
  config.idle = 50ms;
  TestDoor door(config);
  RawHttp client(door.port());
  CHECK(client.ended());
}

TEST_CASE("mllp: a message that does not end is closed, an empty frame is a sign of life", "[doors][mllp]") {
  config::Mllp config;
  config.message_read = 50ms;
  TestDoor door(config);
  RawHttp client(door.port()), quiet(door.port());
  quiet.send(mllp_frame(""));
  client.send("\x0bhalf");
  CHECK(client.ended());
  CHECK(door.taken() == 0);
  CHECK(door.logged() == std::vector<std::string>{"mllp_message_broken_off"});
  quiet.send(mllp_frame("one"));  // its deadline is the idle one again
  CHECK(answer(quiet) == "ok:one");
}

TEST_CASE("mllp: more connections than allowed are closed at once, and there is room again later", "[doors][mllp]") {
  config::Mllp config;
  config.connections = 1;
  TestDoor door(config);
  {
    RawHttp first(door.port());
    first.send(mllp_frame("one"));
    CHECK(answer(first) == "ok:one");
    RawHttp second(door.port());
    CHECK(second.ended());
  }
  // The place is free when the server has seen the first one's end.
  std::string again;
  for (int i = 0; i < 1000 && again.empty(); ++i) {
    RawHttp third(door.port());
    if (third.try_send(mllp_frame("three"))) again = answer(third);
  }
  CHECK(again == "ok:three");
}

TEST_CASE("mllp: a receiver that throws costs its connection and nothing else", "[doors][mllp]") {
  TestDoor door;
  RawHttp client(door.port()), other(door.port());
  client.send(mllp_frame("throw"));
  CHECK(client.ended());
  other.send(mllp_frame("one"));
  CHECK(answer(other) == "ok:one");
  CHECK(door.logged() == std::vector<std::string>{"mllp_connection_failed"});
}

TEST_CASE("mllp: over TLS only the configured subject is let in", "[doors][mllp][tls]") {
  support::TestAuthority authority("MLLP test authority");
  config::Mllp config;
  config.listen.tls = authority.issue("localhost");
  config.listen.tls->client_ca = authority.file();
  const http::TlsFiles ward = authority.issue("ward"), other = authority.issue("other");
  const auto client_of = [&](const http::TlsFiles& files) {
    Context context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    REQUIRE(SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) == 1);
    return context;
  };
  const Context of_ward = client_of(ward), of_other = client_of(other);
  const auto asks = [&](unsigned short port, SSL_CTX* context) {
    RawHttp client(port, context);
    client.try_send(mllp_frame("one"));
    return answer(client);
  };
  SECTION("any of the authority") {
    TestDoor door(config);
    CHECK(asks(door.port(), of_other.get()) == "ok:one");
  }
  SECTION("the one") {
    config.client_subject = "CN=ward";
    TestDoor door(config);
    CHECK(asks(door.port(), of_ward.get()) == "ok:one");
    CHECK(asks(door.port(), of_other.get()).empty());
    CHECK(door.taken() == 1);
    CHECK(door.logged() == std::vector<std::string>{"mllp_client_refused"});
  }
}

TEST_CASE("mllp: a stop answers what is being worked on and drops what is half received", "[doors][mllp]") {
  TestDoor door;
  RawHttp idle(door.port()), half(door.port()), busy(door.port());
  idle.send(mllp_frame("one"));
  CHECK(answer(idle) == "ok:one");
  half.send(mllp_frame("two") + "\x0bhalf");
  CHECK(answer(half) == "ok:two");
  busy.send(mllp_frame("wait") + mllp_frame("after"));
  door.wait_for_work();
  std::future<void> stopped = door.stop();
  CHECK(idle.ended());
  CHECK(half.ended());
  CHECK(stopped.wait_for(0s) == std::future_status::timeout);
  door.release();
  CHECK(answer(busy) == "ok:wait");
  CHECK(busy.ended());  // "after" was never acknowledged
  CHECK(stopped.wait_for(20s) == std::future_status::ready);
  CHECK(door.taken() == 3);
}

TEST_CASE("mllp: a stop does not wait for ever", "[doors][mllp]") {
  doors::MllpHooks hooks;
  hooks.stop = 50ms;
  TestDoor door({}, hooks);
  RawHttp client(door.port());
  client.send(mllp_frame("wait"));
  door.wait_for_work();
  CHECK(door.stop().wait_for(20s) == std::future_status::ready);
  door.release();
  CHECK(client.ended());
}
