// Any bytes through the MLLP reader: however they are cut into reads, the same messages come out, none longer than
// allowed.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "gateway/doors/mllp_framing.hpp"

namespace {

using gateway::doors::MllpReader;

std::vector<std::string> messages(std::string_view bytes, std::size_t step) {
  MllpReader reader(64);
  std::vector<std::string> found;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    while (!piece.empty()) {
      const MllpReader::Progress progress = reader.read(piece);
      if (progress == MllpReader::Progress::message) found.push_back(reader.take_message());
      if (progress == MllpReader::Progress::too_large || progress == MllpReader::Progress::no_frames) {
        found.push_back(progress == MllpReader::Progress::too_large ? "(too large)" : "(no frames)");
        return found;
      }
    }
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = messages(bytes, size + 1);
  const char* fault = nullptr;
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}})
    if (messages(bytes, step) != whole) fault = "the cut decides what is read";
  for (const std::string& message : whole)
    if (message.size() > 64) fault = "a message beyond the limit";
  if (fault == nullptr) return 0;
  std::fprintf(stderr, "not sound: %s\n", fault);
  std::abort();
}
