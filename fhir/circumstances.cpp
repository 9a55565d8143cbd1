#include "fhir/circumstances.hpp"

#include "fhir/json_writer.hpp"

namespace fhir {

Circumstances circumstances_of(JsonValue observation) {
  Circumstances stated;
  for (const JsonValue extension : observation["extension"]) {
    const auto url = extension["url"].text();
    const auto code = extension["valueCode"].text();
    if (!code) continue;
    if (url == meal_extension) stated.meal = *code;
    if (url == oxygen_extension) stated.oxygen = *code;
  }
  const JsonValue site = observation["bodySite"];
  if (const auto text = site["text"].text()) {
    stated.site = *text;
  } else if (const auto code = site["coding"].at(0)["code"].text()) {
    stated.site = *code;
  }
  return stated;
}

std::string circumstance_extensions(std::string_view meal, std::string_view oxygen) {
  std::string out;
  const auto add = [&](std::string_view url, std::string_view code) {
    if (code.empty()) return;
    if (!out.empty()) out += ',';
    JsonWriter(out).begin_object().member("url", url).member("valueCode", code).end_object();
  };
  add(meal_extension, meal);
  add(oxygen_extension, oxygen);
  return out;
}

}  // namespace fhir
