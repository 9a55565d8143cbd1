#include "gateway/http/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <system_error>

#include "gateway/http/connection.hpp"
#include "gateway/http/socket.hpp"
#include "gateway/http/tls.hpp"

namespace gateway::http {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});
// Out of descriptors or memory: accept() fails at once and for ever until something is closed.
constexpr std::chrono::milliseconds accept_pause{100};

struct Listener {
  Listener(std::shared_ptr<Worker> worker_, Acceptor acceptor_, std::shared_ptr<asio::ssl::context> tls_)
      : worker(std::move(worker_)), acceptor(std::move(acceptor_)), tls(std::move(tls_)) {}
  std::shared_ptr<Worker> worker;
  Acceptor acceptor;
  std::shared_ptr<asio::ssl::context> tls;
};

bool exhausted(boost::system::error_code ec) {
  return ec == boost::system::errc::too_many_files_open || ec == boost::system::errc::too_many_files_open_in_system ||
         ec == boost::system::errc::no_buffer_space || ec == boost::system::errc::not_enough_memory;
}

void begin(const Listener& listener, Socket socket) {
  boost::system::error_code ec;
  tcp::endpoint const peer = socket.remote_endpoint(ec);
  if (ec) return;  // gone already
  socket.set_option(tcp::no_delay(true), ec);
  std::string remote = peer.address().to_string();
  if (listener.tls) {
    start_tls(listener.worker, std::move(remote), std::move(socket), *listener.tls);
  } else {
    start_plain(listener.worker, std::move(remote), std::move(socket));
  }
}

Awaitable<void> accept_loop(std::shared_ptr<Listener> listener) {
  Worker& worker = *listener->worker;
  Timer pause(worker.context.get_executor());
  bool was_exhausted = false;
  while (!worker.stopping && listener->acceptor.is_open()) {
    auto [ec, socket] = co_await listener->acceptor.async_accept(token);
    if (worker.stopping || ec == asio::error::operation_aborted) break;
    if (exhausted(ec)) {
      if (!was_exhausted) worker.log("accept_failed", ec.message());
      was_exhausted = true;
      pause.expires_after(accept_pause);
      co_await pause.async_wait(token);
      continue;
    }
    if (ec) continue;  // the peer was gone before it was accepted
    was_exhausted = false;
    if (worker.connections.size() >= worker.limits.connections) {
      ++worker.counts->refused_limits;
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

}  // namespace

struct Server::Impl {
  std::vector<std::shared_ptr<Worker>> workers;  // one per context
  std::vector<std::shared_ptr<Listener>> listeners;
  std::shared_ptr<ServerCounts> counts = std::make_shared<ServerCounts>();
};

Server::Server(std::vector<asio::io_context*> contexts, const Router& router, Limits limits, Hooks hooks)
    : impl_(std::make_unique<Impl>()) {
  for (asio::io_context* context : contexts) {
    impl_->workers.push_back(std::make_shared<Worker>(*context, router, limits, hooks, impl_->counts));
  }
}

Server::~Server() {
  for (const auto& listener : impl_->listeners) {
    boost::system::error_code ignored;
    listener->acceptor.close(ignored);
  }
}

unsigned short Server::listen(const Listen& listen) {
  boost::system::error_code ec;
  asio::ip::address const address = asio::ip::make_address(listen.address, ec);
  if (ec) throw std::system_error(ec, "listen address " + listen.address);
  std::shared_ptr<asio::ssl::context> const tls = listen.tls ? make_tls_context(*listen.tls) : nullptr;
  tcp::endpoint endpoint(address, listen.port);
  bool const shared = impl_->workers.size() > 1;
  try {
    // SO_REUSEPORT would let a second gateway share the port unnoticed: first bind without it.
    if (shared && listen.port != 0) open_acceptor(impl_->workers.front()->context, endpoint, false);
    for (const auto& worker : impl_->workers) {
      Acceptor acceptor = open_acceptor(worker->context, endpoint, shared);
      acceptor.listen(asio::socket_base::max_listen_connections);
      endpoint = acceptor.local_endpoint();
      impl_->listeners.push_back(std::make_shared<Listener>(worker, std::move(acceptor), tls));
    }
  } catch (const boost::system::system_error& problem) {
    throw std::system_error(problem.code(),
                            "cannot listen on " + listen.address + " port " + std::to_string(listen.port));
  }
  return endpoint.port();
}

void Server::start() {
  for (const auto& listener : impl_->listeners) {
    asio::co_spawn(listener->worker->context.get_executor(), accept_loop(listener),
                   [listener](std::exception_ptr failure) {
                     if (failure) listener->worker->log("accept_failed", "the accept loop ended");
                   });
  }
}

namespace {

// One per stop(): counts the workers that still have connections.
struct Stopping {
  std::atomic<std::size_t> left{0};
  asio::io_context* first = nullptr;
  std::function<void()> done;

  void one_finished() {
    if (--left == 0) asio::post(*first, std::move(done));
  }
};

void stop_worker(const std::shared_ptr<Worker>& worker, const std::shared_ptr<Stopping>& stopping) {
  worker->stopping = true;
  if (worker->connections.empty()) return stopping->one_finished();
  auto const timer = std::make_shared<Timer>(worker->context.get_executor(), worker->limits.stop);
  worker->emptied = [timer, stopping] {
    timer->cancel();
    stopping->one_finished();
  };
  timer->async_wait([worker, stopping, timer](boost::system::error_code ec) {
    if (ec || !worker->emptied) return;
    worker->emptied = nullptr;
    std::vector<Connection*> const open(worker->connections.begin(), worker->connections.end());
    for (Connection* connection : open) connection->cut();
    stopping->one_finished();
  });
  std::vector<std::shared_ptr<Connection>> open;
  for (Connection* connection : worker->connections) open.push_back(connection->shared_from_this());
  for (const auto& connection : open) connection->stop();
}

}  // namespace

void Server::stop(std::function<void()> done) {
  auto const stopping = std::make_shared<Stopping>();
  stopping->left = impl_->workers.size();
  stopping->first = &impl_->workers.front()->context;
  stopping->done = std::move(done);
  for (const auto& worker : impl_->workers) {
    std::vector<std::shared_ptr<Listener>> listeners;
    for (const auto& listener : impl_->listeners) {
      if (listener->worker == worker) listeners.push_back(listener);
    }
    asio::post(worker->context, [worker, listeners, stopping] {
      for (const auto& listener : listeners) {
        boost::system::error_code ignored;
        listener->acceptor.close(ignored);
      }
      stop_worker(worker, stopping);
    });
  }
}

const ServerCounts& Server::counts() const {
  return *impl_->counts;
}

}  // namespace gateway::http
