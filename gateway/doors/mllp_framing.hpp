// The minimal lower layer protocol of HL7: VT message FS CR, over any number of reads. Knows bytes, not sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gateway::doors {

class MllpReader {
 public:
  // What may come between frames besides line ends before the peer is taken for a speaker of something else.
  static constexpr std::size_t most_garbage = 4096;

  explicit MllpReader(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  enum class Progress : std::uint8_t {
    need_more,  // all of `bytes` is used
    message,    // take_message(); `bytes` is what follows it
    too_large,  // beginning() is what came of it; nothing can be read after it
    no_frames   // more garbage than most_garbage; nothing can be read after it
  };
  // Takes what it uses off the front of `bytes`.
  Progress read(std::string_view& bytes);

  std::string take_message();
  std::string_view beginning() const { return message_; }
  bool in_message() const { return state_ != State::between; }
  // Bytes that belonged to no whole frame: garbage between frames, and frames another one began within.
  std::size_t skipped() const { return skipped_; }

 private:
  enum class State : std::uint8_t { between, inside, after_end };
  bool between(std::string_view& bytes);
  bool inside(std::string_view& bytes);
  bool after_end(std::string_view& bytes);

  std::size_t most_bytes_;
  State state_ = State::between;
  std::string message_;
  std::size_t skipped_ = 0, garbage_ = 0;
};

std::string mllp_frame(std::string_view message);

}  // namespace gateway::doors
