#include "fhir/circumstances.hpp"

#include "fhir/json_writer.hpp"

namespace fhir {

Circumstances circumstances_of(JsonValue observation) {
  Circumstances stated;
  for (const JsonValue extension : observation["extension"]) {
    const auto url = extension["url"].text();
    if (url == meal_extension) stated.meal = extension["valueCode"].text().value_or("");
    if (url == oxygen_extension) stated.oxygen = extension["valueCode"].text().value_or("");
    if (url == site_extension) stated.site = extension["valueString"].text().value_or("");
  }
  if (!stated.site.empty()) return stated;
  const JsonValue site = observation["bodySite"];
  if (const auto text = site["text"].text()) {
    stated.site = *text;
  } else if (const auto code = site["coding"].at(0)["code"].text()) {
    stated.site = *code;
  }
  return stated;
}

bool may_state_oxygen(std::string_view resource) { return resource.find(oxygen_extension) != std::string_view::npos; }

bool may_state_circumstances(std::string_view resource) {
  for (const std::string_view word : {meal_extension, oxygen_extension, site_extension, std::string_view("\"bodySite\"")}) {
    if (resource.find(word) != std::string_view::npos) return true;
  }
  return false;
}

std::string circumstance_extensions(std::string_view meal, std::string_view oxygen, std::string_view site) {
  std::string out;
  const auto add = [&](std::string_view url, std::string_view type, std::string_view value) {
    if (value.empty()) return;
    if (!out.empty()) out += ',';
    JsonWriter(out).begin_object().member("url", url).member(type, value).end_object();
  };
  add(meal_extension, "valueCode", meal);
  add(oxygen_extension, "valueCode", oxygen);
  add(site_extension, "valueString", site);
  return out;
}

}  // namespace fhir
