#include "gateway/http/chunk_decoder.hpp"

#include <algorithm>

#include "gateway/http/characters.hpp"

namespace gateway::http {

namespace {
constexpr int most_digits = 16;  // 64 bits; more would wrap around
}

ChunkDecoder::Progress ChunkDecoder::decode(std::string_view& bytes, std::string* body, std::size_t limit) {
  while (!bytes.empty() && state_ != State::done) {
    if (state_ != State::data) {
      if (!step(bytes.front())) return Progress::malformed;
      bytes.remove_prefix(1);
      continue;
    }
    // The announced size counts, not what has come of it: a chunk that cannot fit is refused at its head.
    if (left_ > limit - std::min(decoded_, limit)) return Progress::too_large;
    std::string_view const data = bytes.substr(0, std::min<std::uint64_t>(left_, bytes.size()));
    if (body) body->append(data);
    bytes.remove_prefix(data.size());
    decoded_ += data.size();
    left_ -= data.size();
    if (left_ == 0) state_ = State::data_return;
  }
  if (state_ == State::data && left_ > limit - std::min(decoded_, limit)) return Progress::too_large;
  return state_ == State::done ? Progress::done : Progress::need_more;
}

bool ChunkDecoder::move(bool allowed, State next) {
  state_ = next;
  return allowed;
}

bool ChunkDecoder::step(char c) {
  switch (state_) {
    case State::size_start:
    case State::size:
      return step_size(c);
    case State::size_line_feed:
      return move(c == '\n', left_ > 0 ? State::data : State::trailer_start);
    case State::data_return:
      return move(c == '\r', State::data_line_feed);
    case State::data_line_feed:
      return move(c == '\n', State::size_start);
    case State::trailer_start:
    case State::trailer_name:
    case State::trailer_value:
    case State::trailer_line_feed:
    case State::last_line_feed:
      return step_trailer(c);
    default:
      return step_extension(c);
  }
}

bool ChunkDecoder::step_size(char c) {
  int const digit = hex_digit(c);
  if (state_ == State::size_start) {
    left_ = 0;
    digits_ = 0;
    if (digit < 0) return false;
    state_ = State::size;
  }
  if (digit >= 0) {
    left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
    return ++digits_ <= most_digits;
  }
  if (c == ';') return move(true, State::extension_name_start);
  return move(c == '\r', State::size_line_feed);
}

bool ChunkDecoder::step_extension(char c) {
  if (++extensions_ > overhead_) return false;
  bool const ends = c == '\r' || c == ';';
  State const after = c == '\r' ? State::size_line_feed : State::extension_name_start;
  switch (state_) {
    case State::extension_name_start:
      return move(token_char(c), State::extension_name);
    case State::extension_name:
      if (ends) return move(true, after);
      if (c == '=') return move(true, State::extension_value_start);
      return token_char(c);
    case State::extension_value_start:
      if (c == '"') return move(true, State::extension_quoted);
      return move(token_char(c), State::extension_token);
    case State::extension_token:
      return ends ? move(true, after) : token_char(c);
    case State::extension_quoted:
      if (c == '"') return move(true, State::extension_end);
      if (c == '\\') return move(true, State::extension_escaped);
      return value_char(c);
    case State::extension_escaped:
      return move(value_char(c), State::extension_quoted);
    case State::extension_end:
      return move(ends, after);
    default:
      return false;
  }
}

bool ChunkDecoder::step_trailer(char c) {
  if (++trailers_ > overhead_) return false;
  switch (state_) {
    case State::trailer_start:
      if (c == '\r') return move(true, State::last_line_feed);
      return move(token_char(c), State::trailer_name);
    case State::trailer_name:
      if (c == ':') return move(true, State::trailer_value);
      return token_char(c);
    case State::trailer_value:
      if (c == '\r') return move(true, State::trailer_line_feed);
      return value_char(c);
    case State::trailer_line_feed:
      return move(c == '\n', State::trailer_start);
    case State::last_line_feed:
      return move(c == '\n', State::done);
    default:
      return false;
  }
}

}  // namespace gateway::http
