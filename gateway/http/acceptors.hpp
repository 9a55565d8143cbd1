// Listening sockets, what accepts from them, and how what they accepted is ended: the part of a server that is the same for
// HTTP and for the doors that speak something else over TCP. A port has one acceptor on each context (SO_REUSEPORT); what
// it accepts stays on that context.
#pragma once

#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "gateway/http/socket.hpp"
#include "gateway/http/timer.hpp"

namespace gateway::http {

// What becomes of an acceptor's connections. Called on its context.
struct Accepting {
  std::function<void(Socket)> accepted;
  // Descriptors or memory ran out (told once until a connection is accepted again), or accepting ended by an exception.
  std::function<void(std::string_view detail)> failed;
};

class Acceptors {
 public:
  // The contexts are run by the caller, one thread each, and outlive this.
  explicit Acceptors(std::vector<boost::asio::io_context*> contexts) : contexts_(std::move(contexts)) {}
  ~Acceptors();  // when nothing is accepted any more, or when the contexts do not run any more
  // Binds at once on every context, accepts after start(); `accepting` is asked once for each context, by its number. Returns
  // the bound port. Throws boost::system::system_error.
  unsigned short listen(boost::asio::ip::tcp::endpoint, const std::function<Accepting(std::size_t context)>& accepting);
  void start();
  // On the context's thread.
  void close(std::size_t context);

 private:
  struct Acceptor;
  static Awaitable<void> accept(std::shared_ptr<Acceptor>);

  std::vector<boost::asio::io_context*> contexts_;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
};

// Ends the connections of a context: each is asked to stop, and after `longest` those still open are cut. Then `finished` is
// called. On the context's thread; Loop: context, connections (raw pointers, each taking itself out when it ends) and
// emptied, which the last one calls.
template <class Loop>
void end_connections(const std::shared_ptr<Loop>& loop, std::chrono::milliseconds longest, std::function<void()> finished) {
  if (loop->connections.empty()) return finished();
  auto const timer = std::make_shared<Timer>(loop->context.get_executor(), longest);
  loop->emptied = [timer, finished] {
    timer->cancel();
    finished();
  };
  timer->async_wait([loop, finished, timer](boost::system::error_code ec) {
    if (ec || !loop->emptied) return;
    loop->emptied = nullptr;
    std::vector const open(loop->connections.begin(), loop->connections.end());
    for (auto* connection : open) connection->cut();
    finished();
  });
  // Held: one that ends at once would be gone before its neighbour is asked.
  std::vector<decltype((*loop->connections.begin())->shared_from_this())> open;
  for (auto* connection : loop->connections) open.push_back(connection->shared_from_this());
  for (const auto& connection : open) connection->stop();
}

// On each loop: no more is accepted, `stopping` is set, and its connections are ended. `done` is called once, on the first
// context. `loops` are those of the acceptors' contexts, in their order; the acceptors outlive `done`.
template <class Loop>
void stop_all(Acceptors& acceptors, const std::vector<std::shared_ptr<Loop>>& loops, std::chrono::milliseconds longest,
              std::function<void()> done) {
  auto const left = std::make_shared<std::atomic<std::size_t>>(loops.size());
  std::function<void()> const one_finished = [left, done = std::move(done), &first = loops.front()->context] {
    if (--*left == 0) boost::asio::post(first, done);
  };
  for (std::size_t i = 0; i < loops.size(); ++i) {
    boost::asio::post(loops[i]->context, [&acceptors, i, loop = loops[i], longest, one_finished] {
      acceptors.close(i);
      loop->stopping = true;
      end_connections(loop, longest, one_finished);
    });
  }
}

}  // namespace gateway::http
