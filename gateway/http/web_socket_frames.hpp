// The framing of WebSockets, RFC 6455, as a server reads and writes it: bytes in, whole messages out. No socket and no
// clock, so tests call it directly. Strict where two readers could understand different things; no extensions, so
// the reserved bits are errors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gateway::http {

// Close codes we send (RFC 6455 7.4.1 and the IANA registry).
enum class CloseCode : std::uint16_t {
  normal = 1000,
  protocol_error = 1002,
  invalid_text = 1007,
  too_slow = 1008,  // policy: a message that does not end
  too_big = 1009,
  restart = 1012  // the server stops; what was answered is stored
};

class FrameReader {
 public:
  // A message over `message_bytes`, however it is cut into frames, is refused before it is kept.
  explicit FrameReader(std::size_t message_bytes) : message_bytes_(message_bytes) {}

  void received(std::string_view bytes) { input_.append(bytes); }

  enum class Progress : std::uint8_t { need_more, message, ping, pong, close, refused };
  Progress next();

  // Of message and ping: the payload.
  std::string take() { return std::move(ready_); }
  // Of close: the code to answer with, normal when the peer gave none. Of refused: why.
  CloseCode code() const { return code_; }
  // A message has begun and not ended.
  bool inside_message() const { return fragmented_ || in_payload_ || at_ < input_.size(); }

 private:
  Progress refuse(CloseCode code);
  bool header(Progress& refusal);  // false: more bytes are needed, or `refusal` says why not
  Progress payload_ended();
  Progress control_ended();
  void forget_read();

  std::size_t message_bytes_;
  std::string input_;   // received, read up to at_
  std::size_t at_ = 0;
  bool in_payload_ = false, final_ = false;
  std::uint8_t opcode_ = 0;
  std::uint64_t left_ = 0;  // of the frame's payload
  std::array<unsigned char, 4> mask_{};
  std::size_t mask_at_ = 0;
  bool fragmented_ = false, text_ = false;  // of the message under way
  std::string message_, control_, ready_;
  CloseCode code_ = CloseCode::normal;
};

enum class Opcode : std::uint8_t { text = 1, close = 8, ping = 9, pong = 10 };
// One whole, unmasked frame (5.1: a server never masks).
void append_frame(std::string& out, Opcode, std::string_view payload);
void append_close(std::string& out, CloseCode);

}  // namespace gateway::http
