#include "gateway/doors/mllp_framing.hpp"

#include <utility>

namespace gateway::doors {
namespace {

constexpr char start_block = '\x0b', end_block = '\x1c', carriage_return = '\r';

bool is_blank(char c) {
  return c == '\r' || c == '\n' || c == ' ' || c == '\t' || c == '\0';
}

}  // namespace

MllpReader::Progress MllpReader::read(std::string_view& bytes) {
  while (!bytes.empty()) {
    if (state_ == State::between && !between(bytes)) return Progress::no_frames;
    if (state_ == State::inside && !inside(bytes)) return Progress::too_large;
    if (state_ == State::after_end && !bytes.empty() && after_end(bytes)) return Progress::message;
  }
  return Progress::need_more;
}

bool MllpReader::between(std::string_view& bytes) {
  while (!bytes.empty() && state_ == State::between) {
    if (bytes.front() == start_block) {
      state_ = State::inside;
    } else if (!is_blank(bytes.front())) {
      ++skipped_;
      if (++garbage_ > most_garbage) return false;
    }
    bytes.remove_prefix(1);
  }
  return true;
}

bool MllpReader::inside(std::string_view& bytes) {
  static constexpr char ends[] = {start_block, end_block};
  const std::size_t end = bytes.find_first_of(std::string_view(ends, 2));
  const std::string_view content = bytes.substr(0, end);
  if (content.size() > most_bytes_ - message_.size()) {
    message_.append(content.substr(0, most_bytes_ - message_.size()));
    return false;
  }
  message_.append(content);
  bytes.remove_prefix(content.size());
  if (bytes.empty()) return true;
  if (bytes.front() == start_block) {  // the peer began again: what it sent before was never complete
    skipped_ += message_.size();
    message_.clear();
  } else {
    state_ = State::after_end;
  }
  bytes.remove_prefix(1);
  return true;
}

// FS ends a message when CR follows, or the next message does (some senders leave the CR out). Anything else makes it a
// byte of the message.
bool MllpReader::after_end(std::string_view& bytes) {
  if (bytes.front() == carriage_return) {
    bytes.remove_prefix(1);
  } else if (bytes.front() != start_block) {
    state_ = State::inside;
    if (message_.size() < most_bytes_) message_ += end_block;
    return false;
  }
  state_ = State::between;
  garbage_ = 0;
  return !message_.empty();  // an empty frame is a sign of life and nothing to answer
}

std::string MllpReader::take_message() {
  return std::exchange(message_, std::string());
}

std::string mllp_frame(std::string_view message) {
  std::string frame(1, start_block);
  frame.append(message);
  frame += end_block;
  frame += carriage_return;
  return frame;
}

}  // namespace gateway::doors
