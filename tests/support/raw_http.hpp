// A client that sends exactly the bytes it is told, over a blocking loopback socket, for tests of what a proper client
// never does. Every read has a deadline far above what a test needs, so that a broken server fails a test instead of
// hanging it.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace support {

class RawHttp {
 public:
  explicit RawHttp(unsigned short port);  // 127.0.0.1; throws std::runtime_error when it cannot connect
  // TLS on top; the context decides about certificates. Throws when the handshake fails.
  RawHttp(unsigned short port, SSL_CTX*);
  ~RawHttp();
  RawHttp(RawHttp&&) noexcept;

  void send(std::string_view bytes);  // throws when the peer is gone
  bool try_send(std::string_view bytes);
  void finish_sending();
  void small_receive_buffer();  // so that a test can be a slow reader without megabytes

  struct Answer {
    int status = 0;  // 0: the connection ended before a whole head
    std::string head;
    std::map<std::string, std::string> fields;  // names lower-case
    std::string body;
    bool complete = false;  // the body ended as its framing said
    std::string operator[](const std::string& name) const;
  };
  enum class To { get, head };
  Answer answer(To request = To::get);  // the next response; an interim 1xx is one of its own

  // Everything up to and including `mark`, or what came before the end.
  std::string read_until(std::string_view mark);
  std::string read_to_end();
  bool ended();  // the server has closed: waits for its end or reset; false when a byte comes instead

  int fd() const { return fd_; }
  SSL* tls() const { return tls_.get(); }

 private:
  bool fill();  // more into pending_; false at the end

  struct FreeTls {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  int fd_ = -1;
  std::unique_ptr<SSL, FreeTls> tls_;
  std::string pending_;
};

// "POST /x HTTP/1.1" with Host and Content-Length.
std::string post(std::string_view path, std::string_view body, std::string_view more_fields = "");
std::string get(std::string_view path, std::string_view more_fields = "");

}  // namespace support
