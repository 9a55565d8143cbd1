// A canned server that answers by method and path and keeps what it was asked, for commands that talk to a gateway.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/canned_server.hpp"

namespace support {

class CannedAdmin {
 public:
  struct Asked {
    std::string method, target, head, body;
  };
  struct Canned {
    int status = 200;
    std::string body;
  };
  explicit CannedAdmin(std::function<Canned(const Asked&)> answer)
      : answer_(std::move(answer)), server_([this](const std::string& request) { return reply(request); }) {}

  std::string url() const { return server_.url(""); }
  std::vector<Asked> asked() {
    std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  std::string reply(const std::string& request) {
    Asked one;
    const std::size_t end = request.find("\r\n\r\n");
    one.head = request.substr(0, end);
    one.body = request.substr(end + 4);
    const std::size_t blank = one.head.find(' ');
    one.method = one.head.substr(0, blank);
    one.target = one.head.substr(blank + 1, one.head.find(' ', blank + 1) - blank - 1);
    {
      std::lock_guard lock(mutex_);
      asked_.push_back(one);
    }
    const Canned canned = answer_(one);
    return "HTTP/1.1 " + std::to_string(canned.status) +
           " Canned\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(canned.body.size()) +
           "\r\n\r\n" + canned.body;
  }

  std::function<Canned(const Asked&)> answer_;
  std::mutex mutex_;
  std::vector<Asked> asked_;
  CannedServer server_;
};

}  // namespace support
