// The one unit with the plain socket's operations.
#include "gateway/http/session.hpp"

namespace gateway::http {

void start_plain(std::shared_ptr<Worker> worker, std::string remote, Socket socket) {
  std::make_shared<Session<Socket>>(std::move(worker), std::move(remote), std::move(socket))->start();
}

}  // namespace gateway::http
