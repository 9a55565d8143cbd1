#include "gateway/deliver/blocking_client.hpp"

#include <optional>

namespace gateway::deliver {

HttpResponse BlockingClient::send(HttpRequest request) {
  std::optional<HttpResponse> answer;
  client_.send(std::move(request), [&answer](HttpResponse response) { answer = std::move(response); });
  // The client keeps nothing waiting between requests that would end this early or late.
  while (!answer) {
    context_.restart();
    context_.run_one();
  }
  return std::move(*answer);
}

}  // namespace gateway::deliver
