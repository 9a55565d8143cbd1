// What an adapter made of a payload, for tests that look at single items.
#pragma once

#include <catch2/catch.hpp>

#include "tests/support/decoded_json.hpp"

namespace test {

inline std::vector<adapters::Item> items(adapters::Decode decode_payload, const std::string& payload) {
  auto decoded = decode(decode_payload, payload);
  INFO(payload);
  REQUIRE(decoded.has_value());
  return std::move(decoded->items);
}

inline adapters::Item only(adapters::Decode decode_payload, const std::string& payload) {
  std::vector<adapters::Item> all = items(decode_payload, payload);
  INFO(payload);
  REQUIRE(all.size() == 1);
  return all[0];
}

// "measurement", "event", or why the item is neither.
inline std::string_view outcome(const adapters::Item& item) {
  if (const auto* held = std::get_if<adapters::Held>(&item)) return name(held->reason);
  if (const auto* ignored = std::get_if<adapters::Ignored>(&item)) return name(ignored->reason);
  return std::holds_alternative<adapters::Event>(item) ? "event" : "measurement";
}

// "pulse-rate 66 /min", with the sign of a comparator before the number.
inline std::string value_text(const adapters::Item& item) {
  const auto& reading = std::get<adapters::Measurement>(item);
  static constexpr std::string_view signs[] = {"", "<", "<=", ">=", ">"};
  std::string text(fhir::info(reading.kind).name);
  for (const adapters::Component& component : reading.components)
    text += " " + component.value.text() + " " + component.unit;
  if (!reading.components.empty()) return text;
  text.append(" ").append(signs[static_cast<std::size_t>(reading.comparator)]);
  return text + reading.value.text() + " " + reading.unit;
}

inline std::string error_of(adapters::Decode decode_payload, const std::string& payload) {
  const auto decoded = decode(decode_payload, payload);
  return decoded ? "none" : decoded.error().detail;
}

// The same element `count` times, separated by commas.
inline std::string repeated(const std::string& element, std::size_t count) {
  std::string all = element;
  for (std::size_t i = 1; i < count; ++i) all += "," + element;
  return all;
}

}  // namespace test
