// The socket type of this folder and the two ways to start a connection on an accepted one.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "gateway/http/request.hpp"

namespace gateway::http {

struct Worker;
struct TlsFiles;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

void start_plain(std::shared_ptr<Worker>, std::string remote, Socket);
void start_tls(std::shared_ptr<Worker>, std::string remote, Socket, boost::asio::ssl::context&);

}  // namespace gateway::http
