// A loopback server that answers with exactly the bytes a test gives it, for what no proper server does: redirects,
// endless bodies, cut connections, silence.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace support {

class CannedServer {
 public:
  // Called with each whole request (head and body); the bytes to answer. Empty: the connection is cut. Nothing: silence
  // until the server ends. On the server's threads.
  using Reply = std::function<std::optional<std::string>(const std::string& request)>;

  explicit CannedServer(Reply reply, const char* address = "127.0.0.1");
  ~CannedServer();
  CannedServer(const CannedServer&) = delete;
  CannedServer& operator=(const CannedServer&) = delete;

  unsigned short port() const { return port_; }
  std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  int connections() const { return connections_; }

 private:
  void accept_all();
  void serve(int fd);

  Reply reply_;
  int listener_ = -1;
  unsigned short port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace support
