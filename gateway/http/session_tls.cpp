// The one unit with the TLS stream's operations.
#include <boost/asio/ssl/stream.hpp>

#include "gateway/http/session.hpp"
#include "gateway/http/tls.hpp"

namespace gateway::http {

void start_tls(std::shared_ptr<Worker> worker, std::string remote, Socket socket, boost::asio::ssl::context& context) {
  using Stream = boost::asio::ssl::stream<Socket>;
  Stream stream(std::move(socket), context);
  std::make_shared<Session<Stream>>(std::move(worker), std::move(remote), std::move(stream))->start();
}

}  // namespace gateway::http
