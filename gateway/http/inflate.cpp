#include "gateway/http/inflate.hpp"

#include <zlib.h>

#include <array>
#include <new>

namespace gateway::http {

namespace {
constexpr std::size_t slice = 1024 * 1024;
constexpr int gzip_only = 15 + 16;  // window bits; +16: a gzip header is required (zlib.h)
}  // namespace

struct Inflater::Zlib {
  explicit Zlib(std::string_view input) {
    // zlib reads through a pointer to non-const for historical reasons (ZLIB_CONST is not set).
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream.avail_in = static_cast<uInt>(input.size());
    if (inflateInit2(&stream, gzip_only) != Z_OK) throw std::bad_alloc();
  }
  ~Zlib() { inflateEnd(&stream); }
  Zlib(const Zlib&) = delete;
  Zlib& operator=(const Zlib&) = delete;

  z_stream stream{};
};

Inflater::Inflater(std::string_view input, std::size_t limit) : zlib_(std::make_unique<Zlib>(input)), limit_(limit) {}
Inflater::~Inflater() = default;

Inflater::Step Inflater::step(std::string& output) {
  z_stream& stream = zlib_->stream;
  std::array<char, 16 * 1024> block;
  for (std::size_t made = 0; made < slice;) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    int const result = inflate(&stream, Z_NO_FLUSH);
    std::size_t const produced = block.size() - stream.avail_out;
    if (produced > limit_ - output.size()) return Step::too_large;
    output.append(block.data(), produced);
    made += produced;
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) return Step::done;
      // RFC 1952 2.2: members may follow each other.
      if (inflateReset(&stream) != Z_OK) return Step::broken;
      continue;
    }
    if (result != Z_OK) return Step::broken;
    if (stream.avail_in == 0 && stream.avail_out != 0) return Step::broken;  // cut short
  }
  return Step::more;
}

}  // namespace gateway::http
