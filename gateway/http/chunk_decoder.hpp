// Chunked bodies (RFC 9112 7.1), byte by byte, so that it does not matter how the network cuts them. Strict: CR LF and
// nothing else ends a line, no blanks around a size, extensions and trailers are checked, bounded and dropped. Beast's
// own decoder is not used: it asserts on input when the last chunk arrives in pieces (1.81,
// basic_parser::parse_chunk_header).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gateway::http {

class ChunkDecoder {
 public:
  // `overhead`: bytes of extensions and of trailers, each.
  explicit ChunkDecoder(std::size_t overhead) : overhead_(overhead) {}

  enum class Progress : std::uint8_t { need_more, done, malformed, too_large };
  // Takes from the front of `bytes`; on `done` the rest belongs to the next request. Appends to `body` if there is one.
  // `limit` counts the body over all calls.
  Progress decode(std::string_view& bytes, std::string* body, std::size_t limit);

 private:
  enum class State : std::uint8_t {
    size_start,
    size,
    extension_name_start,
    extension_name,
    extension_value_start,
    extension_token,
    extension_quoted,
    extension_escaped,
    extension_end,
    size_line_feed,
    data,
    data_return,
    data_line_feed,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_line_feed,
    last_line_feed,
    done
  };
  bool step(char);  // everything but data; false when malformed
  bool step_size(char);
  bool step_extension(char);
  bool step_trailer(char);
  bool move(bool allowed, State next);

  State state_ = State::size_start;
  std::size_t overhead_, extensions_ = 0, trailers_ = 0;
  std::uint64_t left_ = 0;  // of this chunk
  int digits_ = 0;
  std::size_t decoded_ = 0;
};

}  // namespace gateway::http
