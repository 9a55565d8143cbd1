#include "tests/support/http_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/wait_traits.hpp>
#include <chrono>
#include <stdexcept>

namespace support {

namespace {

using namespace gateway::http;
namespace asio = boost::asio;
using SteadyTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
constexpr auto throwing = asio::use_awaitable_t<Executor>{};
constexpr auto token = asio::as_tuple(asio::use_awaitable_t<Executor>{});

Awaitable<Response> echo(Request& request) {
  co_return Response(200, "application/octet-stream", std::move(request.body));
}

Awaitable<Response> show_capture(Request& request) {
  co_return Response(200, "text/plain", request.captures.front().second);
}

Awaitable<Response> show_query(Request& request) {
  auto const pairs = parse_form(request.query);
  if (!pairs) co_return error_response(400, "The query is malformed.", ErrorBody::problem_json);
  std::string text;
  for (const auto& [name, value] : *pairs) text += name + "=" + value + ";";
  co_return Response(200, "text/plain", text);
}

Awaitable<Response> show_subject(Request& request) {
  co_return Response(200, "text/plain", request.client_certificate);
}

// Waits on the loop, not on the thread, so that the server goes on meanwhile.
Awaitable<Response> wait(std::shared_future<void> released, Observed& observed) {
  Executor const executor = co_await asio::this_coro::executor;
  SteadyTimer timer(executor);
  observed.waiting_started.set_value();
  while (released.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    timer.expires_after(std::chrono::milliseconds(1));
    co_await timer.async_wait(token);
  }
  co_return Response(200, "text/plain", "released");
}

Awaitable<Response> fail(Request&) {
  throw std::runtime_error("the store is on fire");
  co_return Response();
}

Awaitable<Response> busy(Request&) {
  fhir::Error const error(fhir::ErrorCategory::busy, "The queue is full.");
  co_return error_response(error, ErrorBody::problem_json);
}

Awaitable<Response> none(Request&) {
  co_return Response(204, "", "");
}

Awaitable<Response> big(Request&) {
  co_return Response(200, "application/octet-stream", std::string(1024 * 1024, 'b'));
}

class Chunks : public BodyStream {
 public:
  enum class Then { end, wait, repeat, fail };
  Chunks(std::vector<std::string> chunks, Then then, Observed& observed)
      : chunks_(std::move(chunks)), then_(then), observed_(observed) {}
  ~Chunks() override { ++observed_.streams_ended; }

  Awaitable<std::optional<std::string>> next() override {
    if (at_ < chunks_.size()) co_return chunks_[at_++];
    if (then_ == Then::end) co_return std::nullopt;
    if (then_ == Then::fail) throw std::runtime_error("the export broke");
    if (then_ == Then::repeat) co_return chunks_.back();
    Executor const executor = co_await asio::this_coro::executor;
    SteadyTimer timer(executor, std::chrono::steady_clock::time_point::max());
    co_await timer.async_wait(throwing);
    co_return std::nullopt;
  }

 private:
  std::vector<std::string> chunks_;
  std::size_t at_ = 0;
  Then then_;
  Observed& observed_;
};

Route stream_route(std::string pattern, std::vector<std::string> chunks, Chunks::Then then, Observed& observed) {
  Route route;
  route.pattern = std::move(pattern);
  route.handler = [chunks, then, &observed](Request&) -> Awaitable<Response> {
    Response response(200, "text/event-stream", "");
    response.stream = std::make_unique<Chunks>(chunks, then, observed);
    co_return response;
  };
  return route;
}

std::optional<Response> guard(Request& request, const Route& route, Observed& observed) {
  ++observed.guarded;
  if (route.pattern == "/closed") return error_response(401, "A token is required.", route.errors);
  if (request.header("x-guard") == "throw") throw std::runtime_error("the guard is on fire");
  return std::nullopt;
}

}  // namespace

std::vector<std::string> Observed::logged() {
  std::lock_guard const lock(lines_mutex);
  return lines;
}

TestServer::TestServer(Limits limits, std::optional<TlsFiles> tls, int threads) {
  Observed& observed = *observed_;
  router_ = std::make_unique<Router>(
      [&observed](Request& request, const Route& route) { return guard(request, route, observed); });
  auto const add = [&](Method method, std::string pattern, Awaitable<Response> (*handler)(Request&)) {
    Route route;
    route.method = method;
    route.errors = error_body_of(pattern);
    if (pattern == "/json") route.content_types = {"application/json"};
    route.pattern = std::move(pattern);
    route.handler = [handler, &observed](Request& request) {
      ++observed.handled;
      return handler(request);
    };
    router_->add(std::move(route));
  };
  add(Method::post, "/echo", echo);
  add(Method::post, "/json", echo);
  add(Method::post, "/fhir/echo", echo);
  add(Method::post, "/closed", echo);
  add(Method::get, "/path/{name}", show_capture);
  add(Method::get, "/files/*", show_capture);
  add(Method::get, "/query", show_query);
  add(Method::get, "/subject", show_subject);
  add(Method::get, "/throw", fail);
  add(Method::get, "/busy", busy);
  add(Method::get, "/none", none);
  add(Method::get, "/big", big);
  Route waiting;
  waiting.pattern = "/wait";
  std::shared_future<void> const released = observed.release.get_future().share();
  waiting.handler = [released, &observed](Request&) { return wait(released, observed); };
  router_->add(std::move(waiting));
  router_->add(stream_route("/stream", {"one", "two", "three"}, Chunks::Then::end, observed));
  router_->add(stream_route("/endless", {"first"}, Chunks::Then::wait, observed));
  router_->add(stream_route("/flood", {std::string(256 * 1024, 'f')}, Chunks::Then::repeat, observed));
  router_->add(stream_route("/broken-stream", {"first"}, Chunks::Then::fail, observed));

  std::vector<asio::io_context*> contexts;
  for (int i = 0; i < threads; ++i) {
    contexts_.push_back(std::make_unique<asio::io_context>(1));
    contexts.push_back(contexts_.back().get());
  }
  Hooks hooks;
  hooks.log = [&observed](std::string_view event, std::string_view detail) {
    std::lock_guard const lock(observed.lines_mutex);
    observed.lines.push_back(std::string(event) + " " + std::string(detail));
  };
  hooks.clock = &gateway::system_clock();
  server_ = std::make_unique<Server>(contexts, *router_, limits, hooks);
  Listen listen;
  listen.address = "127.0.0.1";
  listen.tls = tls;
  port_ = server_->listen(listen);
  server_->start();
  for (asio::io_context* context : contexts) {
    threads_.emplace_back([context] {
      auto const busy_guard = asio::make_work_guard(*context);
      context->run();
    });
  }
}

std::future<void> TestServer::stop() {
  stopped_ = true;
  auto const promise = std::make_shared<std::promise<void>>();
  server_->stop([promise] { promise->set_value(); });
  return promise->get_future();
}

TestServer::~TestServer() {
  if (!stopped_) stop().wait();
  for (auto& context : contexts_) context->stop();
  for (auto& thread : threads_) thread.join();
}

}  // namespace support
