#include "gateway/http/server.hpp"

#include <system_error>

#include "gateway/http/acceptors.hpp"
#include "gateway/http/connection.hpp"
#include "gateway/http/socket.hpp"
#include "gateway/http/tls.hpp"

namespace gateway::http {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

void begin(const std::shared_ptr<Worker>& worker, asio::ssl::context* tls, Socket socket) {
  if (worker->connections.size() >= worker->limits.connections) {
    ++worker->counts->refused_limits;
    return;
  }
  boost::system::error_code ec;
  tcp::endpoint const peer = socket.remote_endpoint(ec);
  if (ec) return;  // gone already
  socket.set_option(tcp::no_delay(true), ec);
  std::string remote = peer.address().to_string();
  if (tls != nullptr) {
    start_tls(worker, std::move(remote), std::move(socket), *tls);
  } else {
    start_plain(worker, std::move(remote), std::move(socket));
  }
}

}  // namespace

struct Server::Impl {
  explicit Impl(std::vector<asio::io_context*> contexts) : acceptors(std::move(contexts)) {}
  std::vector<std::shared_ptr<Worker>> workers;  // one per context
  Acceptors acceptors;
  std::shared_ptr<ServerCounts> counts = std::make_shared<ServerCounts>();
};

Server::Server(std::vector<asio::io_context*> contexts, const Router& router, Limits limits, Hooks hooks)
    : impl_(std::make_unique<Impl>(contexts)) {
  for (asio::io_context* context : contexts) {
    impl_->workers.push_back(std::make_shared<Worker>(*context, router, limits, hooks, impl_->counts));
  }
}

Server::~Server() = default;

unsigned short Server::listen(const Listen& listen) {
  boost::system::error_code ec;
  asio::ip::address const address = asio::ip::make_address(listen.address, ec);
  if (ec) throw std::system_error(ec, "listen address " + listen.address);
  std::shared_ptr<asio::ssl::context> const tls = listen.tls ? make_tls_context(*listen.tls) : nullptr;
  auto const accepting = [&](std::size_t context) {
    auto const worker = impl_->workers[context];
    return Accepting{[worker, tls](Socket socket) { begin(worker, tls.get(), std::move(socket)); },
                     [worker](std::string_view detail) { worker->log("accept_failed", detail); }};
  };
  try {
    return impl_->acceptors.listen({address, listen.port}, accepting);
  } catch (const boost::system::system_error& problem) {
    throw std::system_error(problem.code(),
                            "cannot listen on " + listen.address + " port " + std::to_string(listen.port));
  }
}

void Server::start() {
  impl_->acceptors.start();
}

void Server::stop(std::function<void()> done) {
  stop_all(impl_->acceptors, impl_->workers, impl_->workers.front()->limits.stop, std::move(done));
}

const ServerCounts& Server::counts() const {
  return *impl_->counts;
}

}  // namespace gateway::http
