// The opening handshake of a WebSocket (RFC 6455 4.2), on a request that was admitted like any other.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/http/response.hpp"

namespace gateway::http {

// 101 with `handler` for the messages; 426 for a request that does not ask for a WebSocket or for another version of it, 400 for
// one that asks wrongly. No extension and no subprotocol is ever agreed to.
Response web_socket_response(const Request&, std::unique_ptr<MessageHandler> handler, ErrorBody);

std::string web_socket_accept(std::string_view key);  // Sec-WebSocket-Accept of a Sec-WebSocket-Key

}  // namespace gateway::http
