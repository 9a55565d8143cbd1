// Any bytes as the connector's two template files and a payload, one a line: every refusal names its file, every item
// is sound, and the same is given twice.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "adapters/iomt/iomt.hpp"
#include "tests/support/soundness.hpp"
#include "tests/support/zones.hpp"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace adapters;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view device = take_line(rest), mapping = take_line(rest);
  std::vector<iomt::Problem> problems;
  const auto templates =
      iomt::Templates::compile({"device", std::string(device)}, {"fhir", std::string(mapping)}, {}, problems);
  require(templates.has_value() == problems.empty(), "templates or problems");
  for (const iomt::Problem& problem : problems) require(!problem.what.empty(), "a problem says what");
  if (!templates) return 0;

  static const test::NorwegianZone zone;
  static fhir::JsonDocument scratch;
  const Context context{zone, fhir::Time{std::chrono::seconds{1'795'165'200}}, scratch};
  const auto first = iomt::decode(rest, context, *templates);
  if (!first) {
    require(test::soundness::fault_of(first.error()).empty(), "an error is the sender's and shows nothing");
    return 0;
  }
  for (const Item& item : first->items) require(test::soundness::fault_of(item).empty(), "every item is sound");
  const auto again = iomt::decode(rest, context, *templates);
  require(again && again->items.size() == first->items.size(), "the same twice");
  return 0;
}
