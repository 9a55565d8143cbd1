// What every answer of an adapter must be, whatever the bytes were: no item lost, none half read, no identity number in
// a note. Shared by the tests with bad input and the fuzz targets; needs no test framework.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "adapters/adapter.hpp"
#include "tests/support/zones.hpp"

namespace test {

// Stands for an identity number in wrong values; must never come back in a note or an error. Synthetic (month +80).
inline constexpr std::string_view identity_number = "13816590072";

namespace soundness {

using namespace adapters;
using fhir::JsonValue;

// --- how many items a payload holds, counted without the adapter ---

inline std::size_t items_in_hjemport(JsonValue root) {
  const std::size_t readings =
      root["measurements"].is_array() ? root["measurements"].size() : !root["measurements"].is_null();
  return readings + root["events"].size();
}

inline std::size_t items_in_telli(JsonValue root) {
  return root.is_array() ? root.size() : 1;
}

inline std::size_t items_in_group(JsonValue group) {
  const JsonValue measures = group["measures"];
  if (!measures.is_array() || measures.size() == 0) return 1;
  std::set<std::string> types;
  for (const JsonValue measure : measures) {
    // A type may also be written "9.0" or "9e0": by value, as the adapter reads it.
    if (const auto type = measure["type"].as_integer()) types.insert(std::to_string(*type));
  }
  return measures.size() - (types.count("9") + types.count("10") == 2 ? 1 : 0);
}

inline std::size_t items_in_withings(JsonValue root) {
  std::size_t count = 0;
  for (const JsonValue group : root["body"]["measuregrps"]) count += items_in_group(group);
  return count;
}

inline std::size_t items_in_nightscout(JsonValue root) {
  if (root.is_array()) return root.size();
  return root["entries"].absent() ? 1 : root["entries"].size();
}

inline std::size_t items_in_dexcom(JsonValue root) {
  return root["records"].size();
}

// At least one for each entry of each list.
inline std::size_t items_in_ihealth(JsonValue root) {
  return root["BPDataList"].size() + root["BGDataList"].size() + root["BODataList"].size() +
         root["WeightDataList"].size();
}

// At least one for each entry; their samples are counted where they are tested.
inline std::size_t items_in_terra(JsonValue root) {
  return root["type"].text() == "body" ? root["data"].size() : 1;
}

inline std::size_t items_in_fitbit(JsonValue root) {
  return root.is_array() ? root.size() : root["weight"].size();
}

inline std::size_t items_in_garmin(JsonValue root) {
  std::size_t count = 0;
  for (const JsonValue list : root)
    for (const std::string_view known : {"bloodPressures", "bodyComps", "dailies", "pulseox", "allDayRespiration"})
      if (list.key() == known) count += list.size();
  return count;
}

inline std::size_t items_in_google_health(JsonValue root) {
  return root.is_array() ? root.size() : root["dataPoints"].size();
}

inline std::size_t items_in_oura(JsonValue root) {
  return root["event_type"].is_string() && root["data_type"].is_string() ? 1 : root["data"].size();
}

inline std::size_t items_in_polar(JsonValue root) {
  if (root["event"].is_string()) return 1;
  std::size_t count = root["heart_rate_samples"].size();
  for (const JsonValue day : root["heart_rates"])
    count += day["heart_rate_samples"].is_array() ? day["heart_rate_samples"].size() : 1;
  return count;
}

// At least one for each record; the halves of a pressure are one.
inline std::size_t items_in_validic(JsonValue root) {
  return root.is_array() ? root.size() : 1;
}

// At least one for each node and each entry that names none.
inline std::size_t items_in_opentele(JsonValue root) {
  std::set<std::string> nodes;
  std::size_t nameless = 0;
  for (const JsonValue entry : root["output"]) {
    const auto name = entry["name"].text();
    if (name) nodes.insert(std::string(name->substr(0, name->find('#'))));
    if (!name) ++nameless;
  }
  return nodes.size() + nameless;
}

// At least one for each resource that is an item by itself; the others accompany.
inline std::size_t items_in_fhir(JsonValue root) {
  const auto counts = [](JsonValue resource) {
    const auto type = resource["resourceType"].text();
    return type == "Observation" || type == "DetectedIssue" || type == "QuestionnaireResponse";
  };
  if (root["resourceType"].text() != "Bundle") return counts(root);
  std::size_t count = 0;
  for (const JsonValue entry : root["entry"]) count += counts(entry["resource"]);
  return count;
}

// At least one for three records: the parts of a blood pressure are one item.
inline std::size_t items_in_senml(JsonValue root) {
  return (root.size() + 2) / 3;
}

inline std::size_t items_in_events(JsonValue root) {
  return root["events"].size();
}

struct Count {
  std::size_t (*of)(JsonValue root);
  bool exact;
};

inline Count count_for(std::string_view adapter) {
  if (adapter == "hjemport") return {items_in_hjemport, true};
  if (adapter == "medication" || adapter == "supervision") return {items_in_events, true};
  if (adapter == "withings") return {items_in_withings, true};
  if (adapter == "senml") return {items_in_senml, false};
  if (adapter == "open-mhealth") return {items_in_telli, true};  // one point, or an array of them
  if (adapter == "telli") return {items_in_telli, false};
  if (adapter == "google-health") return {items_in_google_health, false};
  if (adapter == "libreview" || adapter == "hl7v2" || adapter == "apple-health") return {nullptr, false};
  if (adapter == "nightscout") return {items_in_nightscout, true};
  if (adapter == "dexcom") return {items_in_dexcom, true};
  if (adapter == "ihealth") return {items_in_ihealth, false};
  if (adapter == "terra") return {items_in_terra, false};
  if (adapter == "fhir" || adapter == "phd" || adapter == "vkp") return {items_in_fhir, false};
  if (adapter == "fitbit") return {items_in_fitbit, false};
  if (adapter == "garmin") return {items_in_garmin, false};
  if (adapter == "oura") return {items_in_oura, true};
  if (adapter == "polar") return {items_in_polar, false};
  if (adapter == "validic") return {items_in_validic, false};
  return {items_in_opentele, false};
}

// --- what every item must be ---

inline bool shows_identity_number(const std::string& text) {
  return text.find(identity_number) != std::string::npos;
}

inline bool has_time(const fhir::DateTime& time) {
  return time.precision > fhir::Precision::day && time.offset && fhir::DateTime::parse(time.text()).has_value();
}

inline std::string fault_of(const Measurement& item) {
  if (item.kind == fhir::Kind::unknown && !item.stated) return "a measurement of unknown kind";
  if (!has_time(item.time)) return "a measurement without time of day";
  if (item.stated) {
    if (item.kind != fhir::Kind::unknown) return "stated, and of a kind of ours";
    if (fhir::stated_name(item.stated->code).empty()) return "stated without saying what";
    return item.stated->value || !item.stated->components.empty() ? "" : "stated without a value";
  }
  const fhir::ValueType value = fhir::info(item.kind).value;
  if (item.absent != fhir::AbsentReason::none)
    return item.components.empty() && item.text.empty() ? "" : "a value beside the reason why there is none";
  if ((value == fhir::ValueType::components) == item.components.empty()) return "components do not fit the kind";
  if ((value == fhir::ValueType::ordinal || value == fhir::ValueType::text) && item.text.empty()) return "no word";
  if (item.kind == fhir::kinds().blood_pressure && item.components.size() < 2) return "half a blood pressure";
  return {};
}

inline std::string fault_of(const Event& item) {
  if (item.kind == fhir::EventKind::unknown) return "an event nobody would be called for";
  if (!item.dispense.empty() && fhir::dispense_category(item.dispense) == nullptr) return "a dispense of no category";
  return has_time(item.time) ? "" : "an event without time";
}

inline std::string fault_of(const Ignored& item) {
  return shows_identity_number(item.note) ? "an identity number in a note" : "";
}

inline std::string fault_of(const Held& item) {
  if (item.note.empty()) return "held without saying why";
  if (shows_identity_number(item.note)) return "an identity number in a note";
  return !item.time || has_time(*item.time) ? "" : "held with a time that is none";
}

inline std::string fault_of(const Item& item) {
  return std::visit([](const auto& one) { return fault_of(one); }, item);
}

inline std::string fault_of(const fhir::Error& error) {
  if (error.category != fhir::ErrorCategory::invalid && error.category != fhir::ErrorCategory::too_large)
    return "an error that is not the sender's";
  if (error.detail.empty()) return "an error without detail";
  return shows_identity_number(error.detail) ? "an identity number in an error" : "";
}

}  // namespace soundness

// Empty when the adapter's answer to this payload is sound.
inline std::string fault_of(const adapters::Adapter& adapter, std::string_view payload) {
  static const NorwegianZone zone;
  static fhir::JsonDocument scratch;
  const adapters::Context context{zone, fhir::Time{std::chrono::seconds{1'795'165'200}}, scratch};
  const auto decoded = adapter.decode(payload, context);
  if (!decoded) return soundness::fault_of(decoded.error());

  const soundness::Count count = soundness::count_for(adapter.name);
  // Only JSON can be counted without the adapter's own reader; the others' tests count. Withings' notification is a form.
  const bool form = adapter.name == "withings" && payload.find('{') == std::string_view::npos;
  const bool json = adapter.content_types[0] == "application/json" && !form;
  const std::size_t held = json ? count.of(scratch.root()) : 0;
  if (form && decoded->items.size() != 1) return "a notification of " + std::to_string(decoded->items.size()) + " items";
  if (count.exact && !form ? decoded->items.size() != held : decoded->items.size() < held)
    return std::to_string(decoded->items.size()) + " items of " + std::to_string(held);
  for (std::size_t i = 0; i < decoded->items.size(); ++i) {
    const std::string fault = soundness::fault_of(decoded->items[i]);
    if (!fault.empty()) return "item " + std::to_string(i) + ": " + fault;
  }
  return {};
}

}  // namespace test
