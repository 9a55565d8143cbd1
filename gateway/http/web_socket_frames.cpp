#include "gateway/http/web_socket_frames.hpp"

#include <algorithm>

#include "fhir/utf8.hpp"

namespace gateway::http {
namespace {

constexpr std::uint8_t continuation = 0, text = 1, binary = 2, close_frame = 8, ping_frame = 9, pong_frame = 10;
constexpr std::size_t control_bytes = 125;  // 5.5

bool is_control(std::uint8_t opcode) {
  return (opcode & 8) != 0;
}

bool known(std::uint8_t opcode) {
  return opcode <= binary || (opcode >= close_frame && opcode <= pong_frame);
}

std::uint8_t byte(char c) {
  return static_cast<std::uint8_t>(c);
}

// What an endpoint may put on the wire (7.4): 1004 to 1006 and 1015 are reserved, 1016 to 2999 belong to future versions.
bool sendable(unsigned code) {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && !(code >= 1004 && code <= 1006);
}

}  // namespace

FrameReader::Progress FrameReader::refuse(CloseCode code) {
  code_ = code;
  return Progress::refused;
}

void FrameReader::forget_read() {
  input_.erase(0, at_);
  at_ = 0;
}

bool FrameReader::header(Progress& refusal) {
  refusal = Progress::need_more;
  const std::string_view bytes = std::string_view(input_).substr(at_);
  if (bytes.size() < 2) return false;
  const std::uint8_t first = byte(bytes[0]), second = byte(bytes[1]);
  final_ = (first & 0x80) != 0;
  opcode_ = first & 0x0F;
  const bool starts = opcode_ == text || opcode_ == binary;
  const bool broken = (first & 0x70) != 0 || !known(opcode_) || (second & 0x80) == 0 ||
                      (is_control(opcode_) && (!final_ || (second & 0x7F) > control_bytes)) ||
                      (opcode_ == continuation && !fragmented_) || (starts && fragmented_);
  if (broken) {
    refusal = refuse(CloseCode::protocol_error);
    return false;
  }
  std::uint64_t length = second & 0x7F;
  const std::size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (bytes.size() < 2 + more + mask_.size()) return false;
  if (more != 0) {
    length = 0;
    for (std::size_t i = 0; i < more; ++i) length = length << 8 | byte(bytes[2 + i]);
    // 5.2: the shortest form there is, and the highest bit of the long one is 0.
    if (length < (more == 2 ? 126u : 65'536u) || length >> 63 != 0) {
      refusal = refuse(CloseCode::protocol_error);
      return false;
    }
  }
  if (!is_control(opcode_) && length > message_bytes_ - message_.size()) {
    refusal = refuse(CloseCode::too_big);
    return false;
  }
  for (std::size_t i = 0; i < mask_.size(); ++i) mask_[i] = byte(bytes[2 + more + i]);
  mask_at_ = 0;
  left_ = length;
  at_ += 2 + more + mask_.size();
  if (starts) text_ = opcode_ == text;
  if (!is_control(opcode_)) fragmented_ = true;
  in_payload_ = true;
  return true;
}

FrameReader::Progress FrameReader::control_ended() {
  ready_ = std::move(control_);
  control_.clear();
  if (opcode_ == ping_frame) return Progress::ping;
  if (opcode_ == pong_frame) return Progress::pong;
  if (ready_.empty()) {
    code_ = CloseCode::normal;
    return Progress::close;
  }
  if (ready_.size() == 1) return refuse(CloseCode::protocol_error);
  const unsigned code = static_cast<unsigned>(byte(ready_[0]) << 8 | byte(ready_[1]));
  if (!sendable(code)) return refuse(CloseCode::protocol_error);
  if (!fhir::is_utf8(std::string_view(ready_).substr(2))) return refuse(CloseCode::invalid_text);
  code_ = static_cast<CloseCode>(code);
  return Progress::close;
}

FrameReader::Progress FrameReader::payload_ended() {
  in_payload_ = false;
  if (is_control(opcode_)) return control_ended();
  if (!final_) return Progress::need_more;
  fragmented_ = false;
  ready_ = std::move(message_);
  message_.clear();
  if (text_ && !fhir::is_utf8(ready_)) return refuse(CloseCode::invalid_text);
  return Progress::message;
}

FrameReader::Progress FrameReader::next() {
  for (;;) {
    if (!in_payload_) {
      Progress refusal{};
      if (!header(refusal)) {
        forget_read();
        return refusal;
      }
    }
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input_.size() - at_));
    std::string& out = is_control(opcode_) ? control_ : message_;
    const std::size_t begin = out.size();
    out.append(input_, at_, count);
    for (std::size_t i = begin; i < out.size(); ++i) {
      out[i] = static_cast<char>(byte(out[i]) ^ mask_[mask_at_++ % mask_.size()]);
    }
    at_ += count;
    left_ -= count;
    if (left_ > 0) {
      forget_read();
      return Progress::need_more;
    }
    const Progress ended = payload_ended();
    if (ended != Progress::need_more) return ended;
  }
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  out += static_cast<char>(0x80 | static_cast<std::uint8_t>(opcode));
  const auto length = static_cast<std::uint64_t>(payload.size());
  int more = 0;
  if (length < 126) {
    out += static_cast<char>(length);
  } else if (length < 65'536) {
    out += static_cast<char>(126);
    more = 2;
  } else {
    out += static_cast<char>(127);
    more = 8;
  }
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(length >> (8 * i) & 0xFF);
  out.append(payload);
}

void append_close(std::string& out, CloseCode code) {
  const auto number = static_cast<unsigned>(code);
  const char payload[] = {static_cast<char>(number >> 8), static_cast<char>(number & 0xFF)};
  append_frame(out, Opcode::close, {payload, sizeof payload});
}

}  // namespace gateway::http
