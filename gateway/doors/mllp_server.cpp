#include "gateway/doors/mllp_server.hpp"

#include <system_error>

#include "gateway/doors/mllp_connection.hpp"
#include "gateway/http/acceptors.hpp"

namespace gateway::doors {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

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

void begin(const std::shared_ptr<MllpLoop>& loop, const std::shared_ptr<MllpPort>& port, http::Socket socket) {
  if (port->open >= port->config.connections) {
    if (Metrics* metrics = port->hooks.metrics) metrics->mllp_refused_limits.add();
    return;
  }
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (port->tls) {
    using Stream = asio::ssl::stream<http::Socket>;
    Stream stream(std::move(socket), *port->tls);
    std::make_shared<MllpSession<Stream>>(loop, port, std::move(stream))->start();
  } else {
    std::make_shared<MllpSession<http::Socket>>(loop, port, std::move(socket))->start();
  }
}

}  // namespace

struct MllpServer::Impl {
  Impl(std::vector<asio::io_context*> contexts, MllpHooks h) : acceptors(std::move(contexts)), hooks(std::move(h)) {}
  std::vector<std::shared_ptr<MllpLoop>> loops;  // one per context
  std::vector<std::shared_ptr<MllpPort>> ports;
  http::Acceptors acceptors;
  const MllpHooks hooks;
};

MllpServer::MllpServer(std::vector<asio::io_context*> contexts, MllpHooks hooks)
    : impl_(std::make_unique<Impl>(contexts, std::move(hooks))) {
  for (asio::io_context* context : contexts) impl_->loops.push_back(std::make_shared<MllpLoop>(*context));
}

MllpServer::~MllpServer() = default;

unsigned short MllpServer::listen(const config::Mllp& config, MllpReceiver receiver) {
  boost::system::error_code ec;
  asio::ip::address const address = asio::ip::make_address(config.listen.address, ec);
  if (ec) throw std::system_error(ec, "mllp address " + config.listen.address);
  auto const port = std::make_shared<MllpPort>(config, std::move(receiver), impl_->hooks);
  if (config.listen.tls) port->tls = http::make_tls_context(*config.listen.tls);
  auto const accepting = [&](std::size_t context) {
    auto const loop = impl_->loops[context];
    return http::Accepting{[loop, port](http::Socket socket) { begin(loop, port, std::move(socket)); },
                           [port](std::string_view detail) { port->log("mllp_accept_failed", detail); }};
  };
  try {
    unsigned short const bound = impl_->acceptors.listen({address, config.listen.port}, accepting);
    impl_->ports.push_back(port);
    return bound;
  } catch (const boost::system::system_error& problem) {
    throw std::system_error(problem.code(), "cannot listen for MLLP on " + config.listen.address + " port " +
                                                std::to_string(config.listen.port));
  }
}

void MllpServer::start() {
  impl_->acceptors.start();
}

void MllpServer::stop(std::function<void()> done) {
  http::stop_all(impl_->acceptors, impl_->loops, impl_->hooks.stop, std::move(done));
}

std::size_t MllpServer::connections() const {
  std::size_t open = 0;
  for (const auto& port : impl_->ports) open += port->open;
  return open;
}

}  // namespace gateway::doors
