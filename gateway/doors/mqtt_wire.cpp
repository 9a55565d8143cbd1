#include "gateway/doors/mqtt_wire.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "gateway/http/socket.hpp"

namespace gateway::doors {
namespace asio = boost::asio;
namespace {

using http::Awaitable;
using http::Socket;
using TlsStream = asio::ssl::stream<Socket>;
using Resolver = asio::ip::basic_resolver<asio::ip::tcp, http::Executor>;
constexpr auto token = asio::as_tuple(asio::use_awaitable_t<http::Executor>{});

template <class Stream>
class WireOver final : public Wire {
 public:
  static constexpr bool is_tls = std::is_same_v<Stream, TlsStream>;

  WireOver(Stream stream, http::Executor executor, const config::MqttBroker& broker, std::shared_ptr<asio::ssl::context> tls)
      : broker_(broker), tls_(std::move(tls)), resolver_(executor), stream_(std::move(stream)) {}

  Awaitable<std::string> open() override {
    auto const [unknown, endpoints] = co_await resolver_.async_resolve(broker_.host, std::to_string(broker_.port), token);
    if (unknown) co_return "the broker's name cannot be resolved";
    std::string why = "the broker's name has no address";
    for (auto const& endpoint : endpoints) {
      if (closed_) co_return "the broker did not answer in time";
      boost::system::error_code ignored;
      socket().close(ignored);
      auto const [failure] = co_await socket().async_connect(endpoint.endpoint(), token);
      why.clear();
      if (!failure) break;
      why = "cannot connect: " + failure.message();
    }
    if (closed_) co_return "the broker did not answer in time";
    if (!why.empty()) co_return why;
    boost::system::error_code ignored;
    socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    if constexpr (is_tls) {
      if (SSL_set_tlsext_host_name(stream_.native_handle(), broker_.host.c_str()) != 1) co_return "TLS is not available";
      stream_.set_verify_callback(asio::ssl::host_name_verification(broker_.host));
      auto const [failure] = co_await stream_.async_handshake(asio::ssl::stream_base::client, token);
      if (failure) why = "TLS failed: " + failure.message();
    }
    co_return why;
  }

  Awaitable<bool> read(std::string& bytes) override {
    auto const buffer = asio::buffer(buffer_);
    auto cancellable = asio::bind_cancellation_slot(read_cancel_.slot(), token);
    auto const [failure, count] = co_await stream_.async_read_some(buffer, cancellable);
    bytes.append(buffer_.data(), count);
    co_return !failure;
  }

  Awaitable<bool> write(std::string_view bytes) override {
    auto const [failure, count] = co_await asio::async_write(stream_, asio::buffer(bytes), token);
    co_return !failure;
  }

  void stop_reading() override { read_cancel_.emit(asio::cancellation_type::terminal); }

  void close() override {
    closed_ = true;
    resolver_.cancel();
    boost::system::error_code ignored;
    socket().close(ignored);
  }

 private:
  Socket& socket() {
    if constexpr (is_tls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  const config::MqttBroker& broker_;
  std::shared_ptr<asio::ssl::context> tls_;  // outlives the stream
  Resolver resolver_;
  Stream stream_;
  bool closed_ = false;
  asio::cancellation_signal read_cancel_;
  std::array<char, 16 * 1024> buffer_;
};

}  // namespace

std::shared_ptr<asio::ssl::context> make_broker_tls(const config::MqttBroker& broker) {
  if (!broker.tls) return nullptr;
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_verify_mode(asio::ssl::verify_peer);
  boost::system::error_code failure;
  auto check = [&](const char* what) {
    if (failure) throw std::runtime_error("mqtt " + broker.id + ": " + what + " cannot be used");
  };
  if (broker.ca.empty()) {
    context->set_default_verify_paths(failure);
    check("the system's certificate authorities");
  } else {
    context->load_verify_file(broker.ca, failure);
    check("ca");
  }
  if (!broker.certificate.empty()) {
    context->use_certificate_chain_file(broker.certificate, failure);
    check("certificate");
    context->use_private_key_file(broker.key, asio::ssl::context::pem, failure);
    check("key");
  }
  return context;
}

std::unique_ptr<Wire> make_wire(http::Executor executor, const config::MqttBroker& broker,
                                std::shared_ptr<asio::ssl::context> tls) {
  if (!tls) return std::make_unique<WireOver<Socket>>(Socket(executor), executor, broker, nullptr);
  asio::ssl::context& context = *tls;
  return std::make_unique<WireOver<TlsStream>>(TlsStream(Socket(executor), context), executor, broker, std::move(tls));
}

}  // namespace gateway::doors
