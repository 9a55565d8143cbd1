// TLS as the server offers it: 1.2 with forward secrecy and AEAD, or 1.3; a client certificate when an authority for it
// is given.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "gateway/http/server.hpp"

namespace gateway::http {

// Throws std::runtime_error naming which of the files cannot be used.
std::shared_ptr<boost::asio::ssl::context> make_tls_context(const TlsFiles&);

// Subject of the verified client certificate in RFC 2253 form, UTF-8; empty without one.
std::string client_subject(SSL*);

}  // namespace gateway::http
