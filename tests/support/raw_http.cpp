#include "tests/support/raw_http.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace support {

namespace {

constexpr int read_deadline_seconds = 20;

int connect_to(unsigned short port) {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  timeval const limit{read_deadline_seconds, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  int const on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    throw std::runtime_error("connect");
  }
  return fd;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

}  // namespace

RawHttp::RawHttp(unsigned short port) : fd_(connect_to(port)) {}

RawHttp::RawHttp(unsigned short port, SSL_CTX* context) : RawHttp(port) {
  tls_.reset(SSL_new(context));
  SSL_set_fd(tls_.get(), fd_);
  if (SSL_connect(tls_.get()) != 1) throw std::runtime_error("TLS handshake");
}

RawHttp::~RawHttp() {
  tls_.reset();
  if (fd_ >= 0) ::close(fd_);
}

RawHttp::RawHttp(RawHttp&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), tls_(std::move(other.tls_)), pending_(std::move(other.pending_)) {}

bool RawHttp::try_send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t const sent = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                              : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawHttp::send(std::string_view bytes) {
  if (!try_send(bytes)) throw std::runtime_error("send");
}

void RawHttp::finish_sending() {
  ::shutdown(fd_, SHUT_WR);
}

void RawHttp::small_receive_buffer() {
  int const bytes = 4096;
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

bool RawHttp::fill() {
  std::array<char, 16384> bytes;
  ssize_t const count = tls_ ? SSL_read(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                             : ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (count < 0 && !tls_ && (errno == EAGAIN || errno == EWOULDBLOCK)) throw std::runtime_error("the server is silent");
  if (count <= 0) return false;
  pending_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::string RawHttp::read_until(std::string_view mark) {
  for (;;) {
    std::size_t const at = pending_.find(mark);
    if (at == std::string::npos && fill()) continue;
    std::size_t const size = at == std::string::npos ? pending_.size() : at + mark.size();
    std::string text = pending_.substr(0, size);
    pending_.erase(0, size);
    return text;
  }
}

std::string RawHttp::read_to_end() {
  while (fill()) {
  }
  return std::exchange(pending_, {});
}

bool RawHttp::ended() {
  return pending_.empty() && !fill();
}

std::string RawHttp::Answer::operator[](const std::string& name) const {
  auto const found = fields.find(name);
  return found == fields.end() ? "" : found->second;
}

RawHttp::Answer RawHttp::answer(To request) {
  Answer answer;
  answer.head = read_until("\r\n\r\n");
  if (!answer.head.starts_with("HTTP/1.1 ") || !answer.head.ends_with("\r\n\r\n")) return answer;
  answer.status = std::stoi(answer.head.substr(9, 3));
  for (std::size_t at = answer.head.find("\r\n") + 2; at + 2 < answer.head.size();) {
    std::size_t const end = answer.head.find("\r\n", at);
    std::string const line = answer.head.substr(at, end - at);
    std::size_t const colon = line.find(": ");
    if (colon == std::string::npos) throw std::runtime_error("malformed field in an answer");
    answer.fields[lower(line.substr(0, colon))] = line.substr(colon + 2);
    at = end + 2;
  }
  if (request == To::head || answer.status < 200 || answer.status == 204 || answer.status == 304) {
    answer.complete = true;
    return answer;
  }
  if (answer["transfer-encoding"] == "chunked") {
    for (;;) {
      std::string const line = read_until("\r\n");
      if (!line.ends_with("\r\n")) return answer;
      std::size_t const size = std::stoul(line, nullptr, 16);
      while (pending_.size() < size + 2) {
        if (!fill()) return answer;
      }
      answer.body.append(pending_, 0, size);
      pending_.erase(0, size + 2);
      if (size == 0) break;
    }
  } else {
    std::size_t const size = std::stoul(answer["content-length"]);
    while (pending_.size() < size) {
      if (!fill()) return answer;
    }
    answer.body = pending_.substr(0, size);
    pending_.erase(0, size);
  }
  answer.complete = true;
  return answer;
}

std::string post(std::string_view path, std::string_view body, std::string_view more_fields) {
  std::string text("POST ");
  text.append(path).append(" HTTP/1.1\r\nHost: localhost\r\nContent-Length: ").append(std::to_string(body.size()));
  return text.append("\r\n").append(more_fields).append("\r\n").append(body);
}

std::string get(std::string_view path, std::string_view more_fields) {
  std::string text("GET ");
  return text.append(path).append(" HTTP/1.1\r\nHost: localhost\r\n").append(more_fields).append("\r\n");
}

}  // namespace support
