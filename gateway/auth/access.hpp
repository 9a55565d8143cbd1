// The guard in force. A reload puts another in its place as a whole; a request under way ends with the one it began with.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "gateway/http/router.hpp"

namespace gateway::auth {

// Any thread.
class Access {
 public:
  explicit Access(http::Guard guard) : guard_(std::make_shared<const http::Guard>(std::move(guard))) {}

  void use(http::Guard guard) {
    auto made = std::make_shared<const http::Guard>(std::move(guard));
    const std::lock_guard lock(mutex_);
    guard_.swap(made);
  }
  std::optional<http::Response> admit(http::Request& request, const http::Route& route) const {
    std::shared_ptr<const http::Guard> guard;
    {
      const std::lock_guard lock(mutex_);
      guard = guard_;
    }
    std::optional<http::Response> answer = (*guard)(request, route);
    // What is left to be decided with the body is asked of the same guard, however long the body takes.
    if (request.body_check) {
      request.body_check = [guard, check = std::move(request.body_check)](http::Request& complete) { return check(complete); };
    }
    return answer;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const http::Guard> guard_;
};

}  // namespace gateway::auth
