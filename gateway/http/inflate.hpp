// gzip request bodies, a slice at a time: 64 MB in one go would hold the loop, and every alarm on it, for a quarter of
// a second.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace gateway::http {

class Inflater {
 public:
  // `input` must live as long as the inflater. `limit`: bytes of output.
  Inflater(std::string_view input, std::size_t limit);
  ~Inflater();

  enum class Step { more, done, broken, too_large };
  // Appends at most about a megabyte. `broken`: not gzip, cut short, a wrong check sum, or bytes after the end.
  Step step(std::string& output);

 private:
  struct Zlib;
  std::unique_ptr<Zlib> zlib_;
  std::size_t limit_;
};

}  // namespace gateway::http
