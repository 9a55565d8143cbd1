#include "gateway/runtime/fault_point.hpp"

#ifdef HJEMPORT_FAULT_POINTS

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace gateway {

std::optional<Fault> Fault::parse(std::string_view text) {
  std::size_t colon = text.rfind(':');
  if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
  Fault fault;
  fault.name = text.substr(0, colon);
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data() + colon + 1, end, fault.count);
  if (error != std::errc{} || stop != end || fault.count < 1) return std::nullopt;
  return fault;
}

namespace {
std::optional<Fault> wanted() {
  const char* text = std::getenv("HJEMPORT_FAULT");
  if (!text) return std::nullopt;
  std::optional<Fault> fault = Fault::parse(text);
  if (!fault) {
    // A test that kills nowhere would pass for the wrong reason.
    std::fputs("HJEMPORT_FAULT is not name:count\n", stderr);
    std::abort();
  }
  return fault;
}
}  // namespace

void fault_point(std::string_view name) {
  static const std::optional<Fault> fault = wanted();
  static std::atomic<int> hits{0};
  if (!fault || fault->name != name) return;
  if (hits.fetch_add(1) + 1 == fault->count) std::raise(SIGKILL);
}

}  // namespace gateway

#endif
