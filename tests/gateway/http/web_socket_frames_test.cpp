// Frames in, messages out, in whatever pieces the bytes come.
#include "gateway/http/web_socket_frames.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "gateway/http/web_socket_handshake.hpp"

using namespace gateway::http;
using Progress = FrameReader::Progress;

namespace {

constexpr unsigned char mask[] = {0x11, 0x7F, 0x80, 0xFE};

// A masked frame with the length in the form a client must choose.
std::string frame(int first, std::string_view payload) {
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() < 65'536) {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xFF);
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int i = 7; i >= 0; --i) out += static_cast<char>(payload.size() >> (8 * i) & 0xFF);
  }
  out.append(reinterpret_cast<const char*>(mask), sizeof mask);
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask[i % 4]);
  return out;
}

// What a reader made of the bytes, given `step` at a time: "message:abc", "ping:", "refused:1002", in order.
std::vector<std::string> read(std::string_view bytes, std::size_t step, std::size_t limit = 1'000'000) {
  FrameReader reader(limit);
  std::vector<std::string> out;
  for (;;) {
    const Progress progress = reader.next();
    switch (progress) {
      case Progress::need_more:
        if (bytes.empty()) return out;
        reader.received(bytes.substr(0, step));
        bytes.remove_prefix(std::min(step, bytes.size()));
        break;
      case Progress::message: out.push_back("message:" + reader.take()); break;
      case Progress::ping: out.push_back("ping:" + reader.take()); break;
      case Progress::pong: out.push_back("pong"); break;
      case Progress::close:
      case Progress::refused:
        out.push_back((progress == Progress::close ? "close:" : "refused:") + std::to_string(static_cast<int>(reader.code())));
        return out;
    }
  }
}

using Events = std::vector<std::string>;

}  // namespace

TEST_CASE("frames: read the same in any pieces", "[http][websocket]") {
  const std::string medium(300, 'm'), large(70'000, 'l');
  const std::string bytes = frame(0x81, "one") + frame(0x82, "") + frame(0x01, "a") + frame(0x89, "here?") + frame(0x00, "b") +
                            frame(0x80, "c") + frame(0x8A, "") + frame(0x81, medium) + frame(0x82, large) + frame(0x88, "\x03\xE9");
  const Events expected{"message:one", "message:", "ping:here?", "message:abc", "pong", "message:" + medium, "message:" + large,
                        "close:1001"};
  for (const std::size_t step : {1u, 2u, 3u, 7u, 1000u, 1'000'000u}) {
    DYNAMIC_SECTION("pieces of " << step) { CHECK(read(bytes, step) == expected); }
  }
}

TEST_CASE("frames: what breaks the protocol", "[http][websocket]") {
  struct Row {
    const char* name;
    std::string bytes;
    const char* refused;
  };
  std::string unmasked;
  append_frame(unmasked, Opcode::text, "{}");
  const Row rows[] = {
      {"not masked", unmasked, "refused:1002"},
      {"a reserved bit", frame(0xC1, "{}"), "refused:1002"},
      {"opcode 3", frame(0x83, "{}"), "refused:1002"},
      {"opcode 11", frame(0x8B, ""), "refused:1002"},
      {"a continuation of nothing", frame(0x80, "{}"), "refused:1002"},
      {"a message within a message", frame(0x01, "{") + frame(0x81, "}"), "refused:1002"},
      {"a ping in pieces", frame(0x09, "x"), "refused:1002"},
      {"a ping of 126 bytes", frame(0x89, std::string(126, 'x')), "refused:1002"},
      {"a length longer than needed", std::string("\x81\xFE\x00\x05", 4) + "mask", "refused:1002"},
      {"a long length longer than needed", std::string("\x81\xFF\0\0\0\0\0\0\xFF\xFF", 10) + "mask", "refused:1002"},
      {"a length with the highest bit", std::string("\x81\xFF\x80\0\0\0\0\0\0\0", 10) + "mask", "refused:1002"},
      {"a close of one byte", frame(0x88, "x"), "refused:1002"},
      {"a close with 1005", frame(0x88, "\x03\xED"), "refused:1002"},
      {"a close with 999", frame(0x88, "\x03\xE7"), "refused:1002"},
      {"a close with 5000", frame(0x88, "\x13\x88"), "refused:1002"},
      {"a close whose reason is no UTF-8", frame(0x88, "\x03\xE8\xFF"), "refused:1007"},
      {"a text that is no UTF-8", frame(0x81, "\xC3\x28"), "refused:1007"},
      {"a text cut within a character", frame(0x81, "\xC3"), "refused:1007"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(read(row.bytes, 1) == Events{row.refused});
      CHECK(read(row.bytes, 1000) == Events{row.refused});
    }
  }
}

TEST_CASE("frames: what is allowed and looks odd", "[http][websocket]") {
  CHECK(read(frame(0x82, "\xC3\x28"), 100) == Events{"message:\xC3\x28"});                            // binary may be anything
  CHECK(read(frame(0x01, "\xC3") + frame(0x80, "\xA6"), 100) == Events{"message:\xC3\xA6"});          // a character over two frames
  CHECK(read(frame(0x88, ""), 100) == Events{"close:1000"});
  CHECK(read(frame(0x88, std::string("\x0B\xB8 own code", 11)), 100) == Events{"close:3000"});
}

TEST_CASE("frames: a message over the limit is refused before it is there", "[http][websocket]") {
  CHECK(read(frame(0x81, std::string(10, 'x')), 100, 10).size() == 1);
  CHECK(read(frame(0x81, std::string(11, 'x')).substr(0, 6), 100, 10) == Events{"refused:1009"});
  CHECK(read(frame(0x01, "123456") + frame(0x80, "78901"), 100, 10) == Events{"refused:1009"});
  CHECK(read(std::string("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10) + "mask", 100, 10) == Events{"refused:1009"});
}

TEST_CASE("handshake: the key's answer is the standard's example", "[http][websocket]") {
  CHECK(web_socket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455 1.3
}
