// Any bytes through the hl7v2 adapter: the answer is sound (tests/support/soundness.hpp says what that is), and whatever
// becomes of them can be acknowledged in frames that hold.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "adapters/hl7v2.hpp"
#include "tests/support/soundness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using What = adapters::Fate::What;
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  std::string fault = test::fault_of(*adapters::adapter_named("hl7v2"), payload);
  for (const What what : {What::stored, What::undecodable, What::refused}) {
    const adapters::Fate fate{what, "why", what == What::stored ? std::size_t{1} : std::size_t{0}};
    const adapters::Reply reply = adapters::acknowledge_hl7v2(payload, fate, fhir::Time{}, adapters::no_settings);
    if (reply.body.find_first_of("\x0b\x1c") != std::string::npos) fault = "a frame within an acknowledgement";
  }
  if (fault.empty()) return 0;
  std::fprintf(stderr, "not sound: %s\n", fault.c_str());
  std::abort();
}
