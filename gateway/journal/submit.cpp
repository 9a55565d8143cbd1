#include "gateway/journal/submit.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gateway::journal {
namespace asio = boost::asio;

void AwaitedJob::finished(const fhir::Result<void>& result) {
  auto resume = std::move(resume_);
  resume(result);
}

namespace {
using Token = asio::use_awaitable_t<http::Executor>;

// Named, not a capturing lambda inside the awaiting expression (house style 3.6).
struct Initiate {
  template <class Handler>
  void operator()(Handler&& handler, Committer& committer, std::shared_ptr<AwaitedJob> job,
                  std::function<void(const fhir::Result<void>&)>& resume, store::Lane lane,
                  http::Executor executor) const {
    auto shared = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
    auto complete = [shared, executor](const fhir::Result<void>& result) {
      asio::post(executor, [shared, result] { std::move (*shared)(result); });
    };
    resume = complete;
    if (!committer.submit(std::move(job), lane)) {
      resume = nullptr;  // the job is the coroutine's, which the handler holds: no circle
      complete(fhir::Error(fhir::ErrorCategory::busy, "too much is waiting to be stored; try again"));
    }
  }
};
}  // namespace

http::Awaitable<fhir::Result<void>> commit(Committer& committer, std::shared_ptr<AwaitedJob> job, store::Lane lane) {
  http::Executor executor = co_await asio::this_coro::executor;
  Token token;
  auto& resume = job->resume_;
  auto operation = asio::async_initiate<Token, void(fhir::Result<void>)>(Initiate{}, token, std::ref(committer), job,
                                                                         std::ref(resume), lane, executor);
  fhir::Result<void> result = co_await std::move(operation);
  co_return result;
}

}  // namespace gateway::journal
