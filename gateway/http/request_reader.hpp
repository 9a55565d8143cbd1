// Bytes of a connection in, requests out: framing, strict checks, limits. Holds the one receive buffer. No socket and
// no clock, so tests and the fuzzer call it directly. Beast's parser does the reading; what it tolerates and two
// readers could understand differently (request smuggling) is refused here. Any refusal of framing ends the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/http/chunk_decoder.hpp"
#include "gateway/http/request.hpp"
#include "gateway/http/server.hpp"
#include "gateway/http/target.hpp"

namespace gateway::http {

class RequestReader {
 public:
  explicit RequestReader(const Limits&);

  enum class Progress : std::uint8_t { need_more, done, refused };

  // Where the next bytes of the connection go, never empty; then how many there were.
  std::span<char> space();
  void received(std::size_t count);

  // No byte of a next request is here (the connection is idle).
  bool idle() const;

  // Reads the header into `request` (cleared first). After `done` the properties below hold.
  Progress head(Request& request);
  bool keep_alive() const { return keep_alive_; }
  bool expects_continue() const { return expects_continue_ && has_body(); }
  bool has_body() const { return chunked_ || length_ > 0; }
  std::optional<std::uint64_t> content_length() const;  // nothing when chunked

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

  // What was received after the request, for a connection that speaks another protocol from here on. Valid until space().
  std::string_view rest() const { return {buffer_.get() + begin_, end_ - begin_}; }

  // The request is answered: forget it, keep what was received after it.
  void next();

 private:
  Progress refuse(int status, std::string_view detail);
  Progress find_head_end();
  Progress check_target(Request&);
  Progress check_framing(const Request&);
  Progress feed_body(std::string* body, std::size_t limit);

  const Limits& limits_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;  // received and not yet read: [begin_, end_)
  std::size_t line_ = 0, scanned_ = 0;  // offsets after begin_: the header's current line, what was looked at
  bool empty_line_seen_ = false;
  bool keep_alive_ = false, expects_continue_ = false, chunked_ = false;
  std::uint64_t length_ = 0, left_ = 0;
  ChunkDecoder chunks_;
  Target target_;  // kept for its memory
  Refusal refusal_;
};

}  // namespace gateway::http
