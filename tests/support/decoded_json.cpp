#include "tests/support/decoded_json.hpp"

#include "fhir/json_writer.hpp"
#include "tests/support/zones.hpp"

namespace test {

std::string decoded_json(const fhir::Result<adapters::Decoded>& decoded) {
  if (!decoded) {
    std::string text = "{\"error\":";
    fhir::append_json_string(text, decoded.error().detail);
    return text + "}\n";
  }
  std::string text = "{\"items\":[";
  for (std::size_t i = 0; i < decoded->items.size(); ++i)
    text += (i == 0 ? "\n" : ",\n") + item_json(decoded->items[i]);
  return text + "\n]}\n";
}

fhir::Result<adapters::Decoded> decode(adapters::Decode adapter, std::string_view payload) {
  static const NorwegianZone zone;
  static fhir::JsonDocument scratch;
  using namespace std::chrono;
  const fhir::Time received{sys_days{2026y / November / 20} + hours{9}};
  return adapter(payload, adapters::Context{zone, received, scratch});
}

}  // namespace test
