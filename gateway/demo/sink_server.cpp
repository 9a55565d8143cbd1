#include "gateway/demo/sink_server.hpp"

#include <future>

namespace gateway::demo {
namespace {

// Nobody has to say who they are: it listens on loopback and holds synthetic people.
std::optional<http::Response> let_in(http::Request&, const http::Route&) {
  return std::nullopt;
}

http::Listen loopback() {
  http::Listen listen;
  listen.address = "127.0.0.1";
  return listen;
}

http::Limits quick_to_stop() {
  http::Limits limits;
  limits.stop = std::chrono::milliseconds(1'000);
  return limits;
}

}  // namespace

SinkServer::SinkServer(const Clock& clock)
    : sink_(clock),
      router_(&let_in),
      server_({&context_}, router_, quick_to_stop()),
      port_(server_.listen(loopback())) {
  sink_.add_routes(router_, "/fhir");
}

SinkServer::~SinkServer() {
  stop();
}

void SinkServer::start() {
  server_.start();
  thread_ = std::thread([this] {
    const auto busy = boost::asio::make_work_guard(context_);
    context_.run();
  });
}

void SinkServer::stop() {
  if (!thread_.joinable()) return;
  std::promise<void> stopped;
  server_.stop([&stopped] { stopped.set_value(); });
  stopped.get_future().wait();
  context_.stop();
  thread_.join();
}

}  // namespace gateway::demo
