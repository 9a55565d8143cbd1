// What of HTTP reading is ours: the request target, form decoding, and the framing of whole requests. The first byte
// chooses the reader and, for requests, into how small pieces the network cuts the rest.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "gateway/http/request_reader.hpp"
#include "gateway/http/router.hpp"
#include "gateway/http/target.hpp"

namespace {

using namespace gateway::http;

void require(bool holds) {
  if (!holds) std::abort();
}

void fuzz_target(std::string_view text) {
  Target target;
  if (!parse_target(text, target)) return;
  require(target.path == "*" || target.path.starts_with('/'));
  require(target.path.find('\0') == std::string::npos && target.path.find('\n') == std::string::npos);
  require(target.path.find("/../") == std::string::npos && !target.path.ends_with("/.."));
}

void fuzz_form(std::string_view text) {
  auto const pairs = parse_form(text);
  if (!pairs) return;
  // What was read can be written and read again.
  std::string written;
  for (const auto& [name, value] : *pairs) written += percent_encode(name) + "=" + percent_encode(value) + "&";
  require(parse_form(written) == pairs);
}

void fuzz_requests(std::string_view bytes, std::size_t piece) {
  Limits limits;
  limits.header_bytes = 2048;
  limits.body_bytes = 4096;
  RequestReader reader(limits);
  Request request;
  bool in_body = false;
  for (;;) {
    auto const progress = in_body ? reader.body(request, limits.body_bytes) : reader.head(request);
    require(request.body.size() <= limits.body_bytes);
    if (progress == RequestReader::Progress::refused) {
      require(reader.refusal().status >= 400 && !reader.refusal().detail.empty());
      return;
    }
    if (progress == RequestReader::Progress::done) {
      if (in_body || !reader.has_body()) reader.next();
      in_body = !in_body && reader.has_body();
      continue;
    }
    if (bytes.empty()) return;
    auto const space = reader.space();
    require(!space.empty());
    std::size_t const count = std::min({piece, space.size(), bytes.size()});
    std::memcpy(space.data(), bytes.data(), count);
    reader.received(count);
    bytes.remove_prefix(count);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view const text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      fuzz_target(text);
      break;
    case 1:
      fuzz_form(text);
      break;
    default:
      fuzz_requests(text, 1 + data[0] / 4);
  }
  return 0;
}
