#include "gateway/http/acceptors.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gateway::http {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Listening = asio::basic_socket_acceptor<tcp, Executor>;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});
// Out of descriptors or memory: accept() fails at once and for ever until something is closed.
constexpr std::chrono::milliseconds accept_pause{100};

bool exhausted(boost::system::error_code ec) {
  return ec == boost::system::errc::too_many_files_open || ec == boost::system::errc::too_many_files_open_in_system ||
         ec == boost::system::errc::no_buffer_space || ec == boost::system::errc::not_enough_memory;
}

Listening bound(asio::io_context& context, const tcp::endpoint& endpoint, bool shared) {
  Listening socket(context.get_executor());
  socket.open(endpoint.protocol());
  socket.set_option(tcp::acceptor::reuse_address(true));
  if (shared) socket.set_option(ReusePort(true));
  if (endpoint.address().is_v6()) socket.set_option(asio::ip::v6_only(false));
  socket.bind(endpoint);
  return socket;
}

}  // namespace

struct Acceptors::Acceptor {
  Acceptor(std::size_t context_, Listening socket_, Accepting accepting_)
      : context(context_), socket(std::move(socket_)), accepting(std::move(accepting_)) {}
  void close() {
    boost::system::error_code ignored;
    socket.close(ignored);
  }
  const std::size_t context;
  Listening socket;
  const Accepting accepting;
};

Acceptors::~Acceptors() {
  for (const auto& acceptor : acceptors_) acceptor->close();
}

unsigned short Acceptors::listen(tcp::endpoint endpoint, const std::function<Accepting(std::size_t)>& accepting) {
  bool const shared = contexts_.size() > 1;
  // SO_REUSEPORT would let a second gateway share the port unnoticed: first bind without it.
  if (shared && endpoint.port() != 0) bound(*contexts_.front(), endpoint, false);
  for (std::size_t i = 0; i < contexts_.size(); ++i) {
    Listening socket = bound(*contexts_[i], endpoint, shared);
    socket.listen(asio::socket_base::max_listen_connections);
    endpoint = socket.local_endpoint();
    acceptors_.push_back(std::make_shared<Acceptor>(i, std::move(socket), accepting(i)));
  }
  return endpoint.port();
}

Awaitable<void> Acceptors::accept(std::shared_ptr<Acceptor> acceptor) {
  Timer pause(acceptor->socket.get_executor());
  bool was_exhausted = false;
  while (acceptor->socket.is_open()) {
    auto [ec, socket] = co_await acceptor->socket.async_accept(token);
    if (!acceptor->socket.is_open() || ec == asio::error::operation_aborted) break;
    if (exhausted(ec)) {
      if (!was_exhausted) acceptor->accepting.failed(ec.message());
      was_exhausted = true;
      pause.expires_after(accept_pause);
      co_await pause.async_wait(token);
      continue;
    }
    if (ec) continue;  // the peer was gone before it was accepted
    was_exhausted = false;
    acceptor->accepting.accepted(std::move(socket));
  }
}

void Acceptors::start() {
  for (const auto& acceptor : acceptors_) {
    asio::co_spawn(acceptor->socket.get_executor(), accept(acceptor), [acceptor](std::exception_ptr failure) {
      if (failure) acceptor->accepting.failed("the accept loop ended");
    });
  }
}

void Acceptors::close(std::size_t context) {
  for (const auto& acceptor : acceptors_) {
    if (acceptor->context == context) acceptor->close();
  }
}

}  // namespace gateway::http
