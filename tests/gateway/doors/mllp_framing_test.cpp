#include "gateway/doors/mllp_framing.hpp"

#include <catch2/catch.hpp>
#include <vector>

using gateway::doors::mllp_frame;
using gateway::doors::MllpReader;
using Progress = MllpReader::Progress;

namespace {

// All that comes out of the bytes when they arrive `step` at a time; the last entry may be how it ended.
std::vector<std::string> messages(std::string_view bytes, std::size_t step, std::size_t most = 1000) {
  MllpReader reader(most);
  std::vector<std::string> found;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    while (!piece.empty()) {
      const Progress progress = reader.read(piece);
      if (progress == Progress::message) found.push_back(reader.take_message());
      if (progress == Progress::too_large) return found.push_back("(too large)"), found;
      if (progress == Progress::no_frames) return found.push_back("(no frames)"), found;
    }
  }
  return found;
}

}  // namespace

TEST_CASE("mllp framing: the same messages however the bytes are cut", "[doors][mllp]") {
  using Found = std::vector<std::string>;
  struct Row {
    const char* name;
    std::string bytes;
    Found found;
  };
  for (const Row& row : {
           Row{"one", mllp_frame("MSH|a\rPID\r"), Found{"MSH|a\rPID\r"}},
           Row{"several", mllp_frame("one") + mllp_frame("two") + "\r\n" + mllp_frame("three"), Found{"one", "two", "three"}},
           Row{"garbage before and between", "noise" + mllp_frame("one") + "\x02\x03" + mllp_frame("two"), Found{"one", "two"}},
           Row{"no CR after FS, the next follows", std::string("\x0bone\x1c\x0btwo\x1c\r"), Found{"one", "two"}},
           Row{"FS inside", std::string("\x0bone\x1ctwo\x1c\r"), Found{"one\x1ctwo"}},
           Row{"begun again before it ended", std::string("\x0b" "half\x0bwhole\x1c\r"), Found{"whole"}},
           Row{"empty ones are signs of life", mllp_frame("") + mllp_frame("one") + mllp_frame(""), Found{"one"}},
           Row{"not ended", std::string("\x0bhalf"), Found{}},
           Row{"not ended by FS alone", std::string("\x0bhalf\x1c"), Found{}},
           Row{"largest", mllp_frame(std::string(1000, 'x')), Found{std::string(1000, 'x')}},
           Row{"larger", mllp_frame(std::string(1001, 'x')), Found{"(too large)"}},
           Row{"another protocol", std::string(5000, 'G'), Found{"(no frames)"}},
       }) {
    for (const std::size_t step : {1, 2, 3, 7, 100'000}) {
      INFO(row.name << ", " << step << " at a time");
      CHECK(messages(row.bytes, step) == row.found);
    }
  }
}

TEST_CASE("mllp framing: what it tells of its state", "[doors][mllp]") {
  MllpReader reader(10);
  std::string_view bytes = "xx\x0b" "abc";
  CHECK(reader.read(bytes) == Progress::need_more);
  CHECK(reader.in_message());
  CHECK(reader.beginning() == "abc");
  CHECK(reader.skipped() == 2);
  bytes = "d\x1c\rrest";
  CHECK(reader.read(bytes) == Progress::message);
  CHECK(bytes == "rest");
  CHECK(reader.take_message() == "abcd");
  CHECK_FALSE(reader.in_message());
  bytes = "\x0b" "0123456789more";
  CHECK(reader.read(bytes) == Progress::too_large);
  CHECK(reader.beginning() == "0123456789");
}

TEST_CASE("mllp framing: garbage is counted between two messages, not over a long connection", "[doors][mllp]") {
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += std::string(1000, 'x') + mllp_frame("m");
  CHECK(messages(bytes, 512).size() == 10);
}
