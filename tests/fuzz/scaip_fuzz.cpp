// Any bytes through the scaip adapter: what it reads is sound (tests/support/soundness.hpp says what that is), and every
// answer is an mrs that its own reader can read, whatever became of the message.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <pugixml.hpp>

#include "tests/support/soundness.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  const adapters::Adapter& adapter = *adapters::adapter_named("scaip");
  std::string fault = test::fault_of(adapter, payload);
  adapters::Settings settings;
  settings.transfer_number = "+47<&>";
  using What = adapters::Fate::What;
  for (const What what : {What::stored, What::undecodable, What::refused}) {
    const adapters::Reply reply = adapter.answer(payload, {what, "", 0}, {}, settings);
    pugi::xml_document document;
    const bool parsed = static_cast<bool>(document.load_buffer(reply.body.data(), reply.body.size()));
    if (!parsed || document.child("mrs").child("snu").empty()) fault = "an answer that is no mrs";
  }
  if (fault.empty()) return 0;
  std::fprintf(stderr, "not sound: %s\n", fault.c_str());
  std::abort();
}
