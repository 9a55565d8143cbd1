#include "gateway/pull/fetch.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gateway::pull {

namespace asio = boost::asio;
using deliver::HttpRequest;
using deliver::HttpResponse;

namespace {
using Token = asio::use_awaitable_t<http::Executor>;

HttpResponse cut() {
  HttpResponse response;
  response.error = "stopping";
  return response;
}
}  // namespace

// Named, not a capturing lambda inside the awaiting expression (house style 3.6).
struct Fetcher::Initiate {
  template <class Handler>
  void operator()(Handler&& handler, Fetcher& fetcher, HttpRequest request) const {
    auto shared = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
    fetcher.begin(std::move(request), [shared](HttpResponse response) { std::move (*shared)(std::move(response)); });
  }
};

// Resumed from the io_context, never from inside the client or stop(): the coroutine may send again, or end its owner.
void Fetcher::begin(HttpRequest request, Resume resume) {
  if (stopped_) return asio::post(context_, [resume = std::move(resume)] { resume(cut()); });
  const std::uint64_t number = ++last_;
  waiting_[number].resume = std::move(resume);
  waiting_[number].ticket = http_.send(std::move(request), [this, number](HttpResponse response) {
    auto entry = waiting_.extract(number);
    if (entry.empty()) return;
    asio::post(context_, [resume = std::move(entry.mapped().resume), response = std::move(response)]() mutable {
      resume(std::move(response));
    });
  });
}

http::Awaitable<HttpResponse> Fetcher::fetch(HttpRequest request) {
  Token token;
  auto operation = asio::async_initiate<Token, void(HttpResponse)>(Initiate{}, token, std::ref(*this), std::move(request));
  HttpResponse response = co_await std::move(operation);
  co_return response;
}

void Fetcher::stop() {
  stopped_ = true;
  for (auto& [number, waiting] : std::exchange(waiting_, {})) {
    http_.cancel(waiting.ticket);
    asio::post(context_, [resume = std::move(waiting.resume)] { resume(cut()); });
  }
}

}  // namespace gateway::pull
