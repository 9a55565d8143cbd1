#include "tests/support/canned_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace support {

namespace {

std::size_t content_length(const std::string& head) {
  std::size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
}

// One request from the front of `bytes`, removed from it; nothing while it is not whole.
std::optional<std::string> take_request(std::string& bytes) {
  std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  std::size_t size = end + 4 + content_length(bytes.substr(0, end));
  if (bytes.size() < size) return std::nullopt;
  std::string request = bytes.substr(0, size);
  bytes.erase(0, size);
  return request;
}

bool send_all(int fd, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    ssize_t n = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

CannedServer::CannedServer(Reply reply, const char* address) : reply_(std::move(reply)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  inet_pton(AF_INET, address, &at.sin_addr);
  socklen_t size = sizeof at;
  auto* generic = reinterpret_cast<sockaddr*>(&at);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0)
    throw std::runtime_error("no loopback listener");
  port_ = ntohs(at.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

CannedServer::~CannedServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    std::lock_guard lock(mutex_);
    for (int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  for (int fd : open_) ::close(fd);
  ::close(listener_);
}

void CannedServer::accept_all() {
  for (;;) {
    int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    ++connections_;
    std::lock_guard lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

// The descriptor is closed at the end of the server only, so that its number is not used again meanwhile.
void CannedServer::serve(int fd) {
  std::string pending;
  char buffer[4096];
  for (;;) {
    ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) return;
    pending.append(buffer, static_cast<std::size_t>(n));
    while (std::optional<std::string> request = take_request(pending)) {
      std::optional<std::string> answer = reply_(*request);
      if (!answer) continue;
      if (!answer->empty() && send_all(fd, *answer)) continue;
      ::shutdown(fd, SHUT_RDWR);
      return;
    }
  }
}

}  // namespace support
