// Any bytes as a mapping file: problems with their lines or a mapping, never a crash; and what compiles decodes.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "adapters/mapping/decode.hpp"
#include "adapters/mapping/mapping_file.hpp"
#include "tests/support/soundness.hpp"
#include "tests/support/zones.hpp"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

constexpr std::string_view payload =
    R"({"s":"u","a":{"b":[1,{"t":"2026-11-20T08:00:00Z","v":"93"},null]},"list":[{"v":1},{"v":"x"}],"t":1795165200,"v":7})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace adapters;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto compiled = mapping::compile(text, "m.yaml");
  const bool any_error = std::any_of(compiled.problems.begin(), compiled.problems.end(),
                                     [](const mapping::Problem& problem) { return !problem.warning; });
  require(any_error == (compiled.mapping == nullptr), "a mapping or an error");
  const auto lines = std::count(text.begin(), text.end(), '\n') + 2;
  for (const mapping::Problem& problem : compiled.problems) {
    require(!problem.text.empty(), "a problem says what");
    require(problem.line >= 0 &&
                problem.line <= std::max<std::ptrdiff_t>(lines, std::count(text.begin(), text.end(), '\r') + lines),
            "a problem stands in the file");
  }
  if (!compiled.mapping) return 0;

  static const test::NorwegianZone zone;
  static fhir::JsonDocument scratch;
  const Context context{zone, fhir::Time{std::chrono::seconds{1'795'165'200}}, scratch};
  const auto decoded = mapping::decode(payload, context, *compiled.mapping, {200'000, 50, 1U << 20});
  if (!decoded) {
    require(test::soundness::fault_of(decoded.error()).empty(), "an error is the sender's");
    return 0;
  }
  for (const Item& item : decoded->items) {
    const std::string fault = test::soundness::fault_of(item);
    require(fault.empty(), fault.c_str());
  }
  return 0;
}
