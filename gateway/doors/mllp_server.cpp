#include "gateway/doors/mllp_server.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <system_error>

#include "gateway/doors/mllp_connection.hpp"

namespace gateway::doors {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, http::Executor>;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable_t<http::Executor>{});
// Out of descriptors or memory: accept() fails at once and for ever until something is closed.
constexpr std::chrono::milliseconds accept_pause{100};

}  // namespace

MllpConnection::MllpConnection(std::shared_ptr<MllpLoop> loop, std::shared_ptr<MllpPort> port)
    : loop_(std::move(loop)),
      port_(std::move(port)),
      reader_(port_->config.message_bytes),
      timer_(loop_->context.get_executor()) {
  loop_->connections.insert(this);
  ++port_->open;
  if (port_->hooks.metrics != nullptr) port_->hooks.metrics->mllp_connections.add();
}

MllpConnection::~MllpConnection() {
  --port_->open;
  loop_->connections.erase(this);
  if (loop_->connections.empty() && loop_->emptied) std::exchange(loop_->emptied, nullptr)();
}

void MllpConnection::ended(std::exception_ptr failure) {
  clear_deadline();
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& problem) {
    port_->log("mllp_connection_failed", problem.what());
  } catch (...) {
    port_->log("mllp_connection_failed", "unknown exception");
  }
}

void MllpConnection::set_deadline(std::chrono::milliseconds duration) {
  expired_ = false;
  timer_.expires_after(duration);
  timer_.async_wait([self = shared_from_this(), deadline = ++deadline_](boost::system::error_code ec) {
    if (ec || deadline != self->deadline_) return;
    self->expired_ = true;
    self->cancel_io();
  });
}

void MllpConnection::clear_deadline() {
  ++deadline_;
  expired_ = false;
  timer_.cancel();
}

namespace {

struct Listener {
  Listener(std::shared_ptr<MllpLoop> l, std::shared_ptr<MllpPort> p, Acceptor a)
      : loop(std::move(l)), port(std::move(p)), acceptor(std::move(a)) {}
  std::shared_ptr<MllpLoop> loop;
  std::shared_ptr<MllpPort> port;
  Acceptor acceptor;
};

bool exhausted(boost::system::error_code ec) {
  return ec == boost::system::errc::too_many_files_open || ec == boost::system::errc::too_many_files_open_in_system ||
         ec == boost::system::errc::no_buffer_space || ec == boost::system::errc::not_enough_memory;
}

void begin(const Listener& listener, http::Socket socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (listener.port->tls) {
    using Stream = asio::ssl::stream<http::Socket>;
    Stream stream(std::move(socket), *listener.port->tls);
    std::make_shared<MllpSession<Stream>>(listener.loop, listener.port, std::move(stream))->start();
  } else {
    std::make_shared<MllpSession<http::Socket>>(listener.loop, listener.port, std::move(socket))->start();
  }
}

http::Awaitable<void> accept_loop(std::shared_ptr<Listener> listener) {
  MllpTimer pause(listener->loop->context.get_executor());
  bool was_exhausted = false;
  while (!listener->loop->stopping && listener->acceptor.is_open()) {
    auto [ec, socket] = co_await listener->acceptor.async_accept(token);
    if (listener->loop->stopping || ec == asio::error::operation_aborted) break;
    if (exhausted(ec)) {
      if (!was_exhausted) listener->port->log("mllp_accept_failed", ec.message());
      was_exhausted = true;
      pause.expires_after(accept_pause);
      co_await pause.async_wait(token);
      continue;
    }
    if (ec) continue;  // the peer was gone before it was accepted
    was_exhausted = false;
    if (listener->port->open >= listener->port->config.connections) {
      if (Metrics* metrics = listener->port->hooks.metrics) metrics->mllp_refused_limits.add();
      continue;
    }
    begin(*listener, std::move(socket));
  }
}

Acceptor open_acceptor(asio::io_context& context, const tcp::endpoint& endpoint, bool shared) {
  Acceptor acceptor(context.get_executor());
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  if (shared) acceptor.set_option(ReusePort(true));
  if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false));
  acceptor.bind(endpoint);
  return acceptor;
}

// One per stop(): counts the loops that still have connections.
struct Stopping {
  std::atomic<std::size_t> left{0};
  asio::io_context* first = nullptr;
  std::function<void()> done;

  void one_finished() {
    if (--left == 0) asio::post(*first, std::move(done));
  }
};

void stop_loop(const std::shared_ptr<MllpLoop>& loop, const std::shared_ptr<Stopping>& stopping,
               std::chrono::milliseconds longest) {
  loop->stopping = true;
  if (loop->connections.empty()) return stopping->one_finished();
  auto const timer = std::make_shared<MllpTimer>(loop->context.get_executor(), longest);
  loop->emptied = [timer, stopping] {
    timer->cancel();
    stopping->one_finished();
  };
  timer->async_wait([loop, stopping, timer](boost::system::error_code ec) {
    if (ec || !loop->emptied) return;
    loop->emptied = nullptr;
    std::vector<MllpConnection*> const open(loop->connections.begin(), loop->connections.end());
    for (MllpConnection* connection : open) connection->cut();
    stopping->one_finished();
  });
  std::vector<std::shared_ptr<MllpConnection>> open;
  for (MllpConnection* connection : loop->connections) open.push_back(connection->shared_from_this());
  for (const auto& connection : open) connection->stop();
}

}  // namespace

struct MllpServer::Impl {
  std::vector<std::shared_ptr<MllpLoop>> loops;
  std::vector<std::shared_ptr<MllpPort>> ports;
  std::vector<std::shared_ptr<Listener>> listeners;
  MllpHooks hooks;
};

MllpServer::MllpServer(std::vector<asio::io_context*> contexts, MllpHooks hooks) : impl_(std::make_unique<Impl>()) {
  impl_->hooks = std::move(hooks);
  for (asio::io_context* context : contexts) impl_->loops.push_back(std::make_shared<MllpLoop>(*context));
}

MllpServer::~MllpServer() {
  for (const auto& listener : impl_->listeners) {
    boost::system::error_code ignored;
    listener->acceptor.close(ignored);
  }
}

unsigned short MllpServer::listen(const config::Mllp& config, MllpReceiver receiver) {
  boost::system::error_code ec;
  asio::ip::address const address = asio::ip::make_address(config.listen.address, ec);
  if (ec) throw std::system_error(ec, "mllp address " + config.listen.address);
  auto const port = std::make_shared<MllpPort>(config, std::move(receiver), impl_->hooks);
  if (config.listen.tls) port->tls = http::make_tls_context(*config.listen.tls);
  tcp::endpoint endpoint(address, config.listen.port);
  bool const shared = impl_->loops.size() > 1;
  try {
    // SO_REUSEPORT would let a second gateway share the port unnoticed: first bind without it.
    if (shared && config.listen.port != 0) open_acceptor(impl_->loops.front()->context, endpoint, false);
    for (const auto& loop : impl_->loops) {
      Acceptor acceptor = open_acceptor(loop->context, endpoint, shared);
      acceptor.listen(asio::socket_base::max_listen_connections);
      endpoint = acceptor.local_endpoint();
      impl_->listeners.push_back(std::make_shared<Listener>(loop, port, std::move(acceptor)));
    }
  } catch (const boost::system::system_error& problem) {
    throw std::system_error(problem.code(), "cannot listen for MLLP on " + config.listen.address + " port " +
                                                std::to_string(config.listen.port));
  }
  impl_->ports.push_back(port);
  return endpoint.port();
}

void MllpServer::start() {
  for (const auto& listener : impl_->listeners) {
    asio::co_spawn(listener->loop->context.get_executor(), accept_loop(listener),
                   [listener](std::exception_ptr failure) {
                     if (failure) listener->port->log("mllp_accept_failed", "the accept loop ended");
                   });
  }
}

void MllpServer::stop(std::function<void()> done) {
  auto const stopping = std::make_shared<Stopping>();
  stopping->left = impl_->loops.size();
  stopping->first = &impl_->loops.front()->context;
  stopping->done = std::move(done);
  for (const auto& loop : impl_->loops) {
    std::vector<std::shared_ptr<Listener>> listeners;
    for (const auto& listener : impl_->listeners) {
      if (listener->loop == loop) listeners.push_back(listener);
    }
    asio::post(loop->context, [loop, listeners, stopping, longest = impl_->hooks.stop] {
      for (const auto& listener : listeners) {
        boost::system::error_code ignored;
        listener->acceptor.close(ignored);
      }
      stop_loop(loop, stopping, longest);
    });
  }
}

std::size_t MllpServer::connections() const {
  std::size_t open = 0;
  for (const auto& port : impl_->ports) open += port->open;
  return open;
}

}  // namespace gateway::doors
