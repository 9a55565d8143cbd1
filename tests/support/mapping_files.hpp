// Mapping files in tests.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "adapters/mapping/decode.hpp"
#include "adapters/mapping/examples.hpp"
#include "adapters/mapping/mapping_file.hpp"
#include "tests/support/decoded_json.hpp"
#include "tests/support/zones.hpp"

namespace test {

inline std::string text(const adapters::mapping::Problem& problem) {
  return std::to_string(problem.line) + ": " + problem.text + (problem.warning ? " (warning)" : "");
}

// One line each; without the warning that there are no examples.
inline std::string problems_of(std::string_view file) {
  std::string all;
  for (const auto& problem : adapters::mapping::compile(file, "m.yaml").problems)
    if (!problem.warning) all += text(problem) + "\n";
  return all;
}

inline std::shared_ptr<const adapters::Zone> zone_named(std::string_view name) {
  return name == "Europe/Oslo" ? std::make_shared<const NorwegianZone>() : nullptr;
}

inline fhir::Result<adapters::Decoded> decode_with(const adapters::mapping::Mapping& mapping, std::string_view payload,
                                                   const adapters::mapping::Budget& budget = {}) {
  static const NorwegianZone zone;
  static fhir::JsonDocument scratch;
  using namespace std::chrono;
  const fhir::Time received{sys_days{2026y / November / 20} + hours{9}};
  return adapters::mapping::decode(payload, adapters::Context{zone, received, scratch}, mapping, budget);
}

// What comes out, one item a line; the problems when the file is bad.
inline std::string decoded_with(std::string_view file, std::string_view payload) {
  const auto compiled = adapters::mapping::compile(file, "m.yaml");
  if (!compiled.mapping) return "bad file:\n" + problems_of(file);
  const auto decoded = decode_with(*compiled.mapping, payload);
  if (!decoded) return "refused: " + decoded.error().detail;
  std::string all;
  for (const adapters::Item& item : decoded->items) all += item_json(item) + "\n";
  return all;
}

}  // namespace test
