// Any bytes through the apple-health adapter: the answer is sound (tests/support/soundness.hpp says what that is).
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/support/soundness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const adapters::Adapter& adapter = *adapters::adapter_named("apple-health");
  const std::string fault = test::fault_of(adapter, {reinterpret_cast<const char*>(data), size});
  if (fault.empty()) return 0;
  std::fprintf(stderr, "not sound: %s\n", fault.c_str());
  std::abort();
}
