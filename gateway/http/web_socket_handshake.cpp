#include "gateway/http/web_socket_handshake.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/http/characters.hpp"

namespace gateway::http {
namespace {

constexpr std::string_view version = "13";

// An element of a comma-separated field, letter case aside.
bool lists(std::string_view field, std::string_view lower_case) {
  while (!field.empty()) {
    const std::size_t end = std::min(field.find(','), field.size());
    std::string_view element = field.substr(0, end);
    field.remove_prefix(std::min(end + 1, field.size()));
    while (!element.empty() && (element.front() == ' ' || element.front() == '\t')) element.remove_prefix(1);
    while (!element.empty() && (element.back() == ' ' || element.back() == '\t')) element.remove_suffix(1);
    if (equals_lower(element, lower_case)) return true;
  }
  return false;
}

// Base64 of 16 bytes: 22 characters and two of padding.
bool is_key(std::string_view key) {
  return key.size() == 24 && key.ends_with("==") && std::all_of(key.begin(), key.end() - 2, [](char c) {
           return letter_or_digit(c) || c == '+' || c == '/';
         });
}

Response upgrade_required(std::string_view detail, ErrorBody errors) {
  Response response = error_response(426, detail, errors);
  response.headers.emplace_back("Upgrade", "websocket");
  response.headers.emplace_back("Sec-WebSocket-Version", version);
  return response;
}

}  // namespace

std::string web_socket_accept(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // 1.3; SHA-1 is the standard's and protects nothing
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 64> encoded;
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(size));
  return {encoded.begin(), encoded.begin() + length};
}

Response web_socket_response(const Request& request, std::unique_ptr<MessageHandler> handler, ErrorBody errors) {
  if (!lists(request.header("upgrade"), "websocket") || !lists(request.header("connection"), "upgrade")) {
    return upgrade_required("This address is for WebSockets.", errors);
  }
  if (request.header("sec-websocket-version") != version) {
    return upgrade_required("WebSockets are spoken here in version 13.", errors);
  }
  const std::string_view key = request.header("sec-websocket-key");
  if (request.method != Method::get || !is_key(key)) {
    return error_response(400, "The WebSocket handshake is malformed.", errors);
  }
  Response response(101, "", "");
  response.headers.emplace_back("Upgrade", "websocket");
  response.headers.emplace_back("Connection", "Upgrade");
  response.headers.emplace_back("Sec-WebSocket-Accept", web_socket_accept(key));
  response.messages = std::move(handler);
  return response;
}

}  // namespace gateway::http
