// Reads off the event loop: a few threads, each with its own reader. `co_await pool.run(function)` resumes on the caller's context.
// Bounded: a full pool answers busy, it does not queue for ever (house style 3.6).
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "gateway/http/request.hpp"
#include "gateway/store/store.hpp"

namespace gateway::store {

class ReadPool {
 public:
  ReadPool(Store&, int threads, std::size_t queue_max = 1000);
  ~ReadPool();
  void stop();

  // `read` is called with a reader on a pool thread. What it throws becomes `unavailable`.
  template <class T>
  http::Awaitable<Result<T>> run(std::function<Result<T>(Reader&)> read) {
    http::Executor executor = co_await boost::asio::this_coro::executor;
    boost::asio::use_awaitable_t<http::Executor> token;
    auto operation = boost::asio::async_initiate<boost::asio::use_awaitable_t<http::Executor>, void(Result<T>)>(
        Initiate<T>{}, token, std::ref(*this), std::move(read), executor);
    Result<T> result = co_await std::move(operation);
    co_return result;
  }

 private:
  using Task = std::function<void(Reader&)>;
  bool submit(Task);
  void work();

  template <class T>
  struct Initiate {
    template <class Handler>
    void operator()(Handler&& handler, ReadPool& pool, std::function<Result<T>(Reader&)> read,
                    http::Executor executor) const {
      auto shared = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
      auto complete = [shared, executor](Result<T> result) {
        boost::asio::post(executor, [shared, result = std::move(result)]() mutable {
          std::move (*shared)(std::move(result));
        });
      };
      const bool taken = pool.submit([complete, read = std::move(read)](Reader& reader) {
        try {
          complete(read(reader));
        } catch (const std::exception&) {
          complete(fhir::Error(fhir::ErrorCategory::unavailable, "the store cannot be read now"));
        }
      });
      if (!taken) complete(fhir::Error(fhir::ErrorCategory::busy, "too many reads are waiting; try again"));
    }
  };

  Store& store_;
  std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gateway::store
