// Bytes of a connection in, requests out: framing, strict checks, limits. Holds the one receive buffer. No socket and
// no clock, so tests and the fuzzer call it directly. Beast's parser does the reading; what it tolerates and two
// readers could understand differently (request smuggling) is refused here. Any refusal of framing ends the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "gateway/http/request.hpp"
#include "gateway/http/server.hpp"

namespace gateway::http {

class RequestReader {
 public:
  explicit RequestReader(const Limits&);
  ~RequestReader();

  enum class Progress : std::uint8_t { need_more, done, refused };

  // Where the next bytes of the connection go, never empty; then how many there were.
  std::span<char> space();
  void received(std::size_t count);

  // No byte of a next request is here (the connection is idle).
  bool idle() const;

  // Reads the header into `request` (cleared first). After `done` the properties below hold.
  Progress head(Request& request);
  bool keep_alive() const;
  bool expects_continue() const;
  bool has_body() const;
  std::optional<std::uint64_t> content_length() const;  // nothing when chunked
  bool body_started() const;                            // bytes of it have arrived

  // Reads the body into `request.body`; a body over `limit` bytes is refused with 413.
  Progress body(Request& request, std::size_t limit);
  // The same, thrown away.
  Progress skip_body(std::size_t limit);

  // Why `refused`. The sentence is ours and never quotes the request.
  struct Refusal {
    int status = 400;
    std::string_view detail;
  };
  const Refusal& refusal() const { return refusal_; }

  // The request is answered: forget it, keep what was received after it.
  void next();

 private:
  struct State;  // holds Beast's parser
  Progress refuse(int status, std::string_view detail);
  Progress find_head_end();
  Progress check_head(Request&);
  Progress feed_body();

  const Limits& limits_;
  std::unique_ptr<State> state_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;  // received and not yet parsed: [begin_, end_)
  std::size_t line_ = 0, scanned_ = 0;  // offsets after begin_: the header's current line, what was looked at
  Refusal refusal_;
};

}  // namespace gateway::http
