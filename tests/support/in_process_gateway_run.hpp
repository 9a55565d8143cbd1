// InProcessGateway::run, apart so that the class is read without Asio's spawning.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>
#include <stdexcept>

namespace tests {

template <class T>
T InProcessGateway::run(gateway::http::Awaitable<T> work) {
  bool done = false;
  std::exception_ptr fault;
  std::optional<T> result;
  boost::asio::co_spawn(loop_->get_executor(), std::move(work), [&](std::exception_ptr thrown, T value) {
    fault = thrown;
    result.emplace(std::move(value));
    done = true;
  });
  run_loop([&] { return done; });
  if (fault) std::rethrow_exception(fault);
  return std::move(*result);
}

}  // namespace tests
