// What no adapter may do on any input: crash, lose an item, or repeat an identity number in a note. Seeds are the
// golden payloads.
#include "tests/support/bad_input.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "tests/support/decoded_json.hpp"
#include "tests/support/golden.hpp"

using namespace adapters;
using fhir::JsonValue;

namespace {

// --- how many items a payload holds, counted without the adapter ---

std::size_t items_in_hjemport(JsonValue root) {
  const std::size_t readings =
      root["measurements"].is_array() ? root["measurements"].size() : !root["measurements"].is_null();
  return readings + root["events"].size();
}

std::size_t items_in_telli(JsonValue root) {
  return root.is_array() ? root.size() : 1;
}

std::size_t items_in_group(JsonValue group) {
  const JsonValue measures = group["measures"];
  if (!measures.is_array() || measures.size() == 0) return 1;
  std::set<std::string> types;
  for (const JsonValue measure : measures) {
    // A type may also be written "9.0" or "9e0": by value, as the adapter reads it.
    if (const auto type = measure["type"].as_integer()) types.insert(std::to_string(*type));
  }
  return measures.size() - (types.count("9") + types.count("10") == 2 ? 1 : 0);
}

std::size_t items_in_withings(JsonValue root) {
  std::size_t count = 0;
  for (const JsonValue group : root["body"]["measuregrps"]) count += items_in_group(group);
  return count;
}

// At least one for each node and each entry that names none.
std::size_t items_in_opentele(JsonValue root) {
  std::set<std::string> nodes;
  std::size_t nameless = 0;
  for (const JsonValue entry : root["output"]) {
    const auto name = entry["name"].text();
    if (name) nodes.insert(std::string(name->substr(0, name->find('#'))));
    if (!name) ++nameless;
  }
  return nodes.size() + nameless;
}

struct Count {
  std::size_t (*of)(JsonValue root);
  bool exact;
};

Count count_for(std::string_view adapter) {
  if (adapter == "hjemport") return {items_in_hjemport, true};
  if (adapter == "withings") return {items_in_withings, true};
  if (adapter == "telli") return {items_in_telli, false};
  return {items_in_opentele, false};
}

// --- what every item must be ---

bool shows_identity_number(const std::string& text) {
  return text.find(test::identity_number) != std::string::npos;
}

bool has_time(const fhir::DateTime& time) {
  return time.precision > fhir::Precision::day && time.offset && fhir::DateTime::parse(time.text()).has_value();
}

std::string fault_of(const Measurement& item) {
  if (item.kind == fhir::Kind::unknown) return "a measurement of unknown kind";
  if (!has_time(item.time)) return "a measurement without time of day";
  const fhir::ValueType value = fhir::info(item.kind).value;
  if ((value == fhir::ValueType::components) == item.components.empty()) return "components do not fit the kind";
  if ((value == fhir::ValueType::ordinal || value == fhir::ValueType::text) && item.text.empty()) return "no word";
  if (item.kind == fhir::kinds().blood_pressure && item.components.size() < 2) return "half a blood pressure";
  return {};
}

std::string fault_of(const Event& item) {
  if (item.kind == fhir::EventKind::unknown) return "an event nobody would be called for";
  return has_time(item.time) ? "" : "an event without time";
}

std::string fault_of(const Ignored& item) {
  return shows_identity_number(item.note) ? "an identity number in a note" : "";
}

std::string fault_of(const Held& item) {
  if (item.note.empty()) return "held without saying why";
  if (shows_identity_number(item.note)) return "an identity number in a note";
  return !item.time || has_time(*item.time) ? "" : "held with a time that is none";
}

// Empty when the answer to this payload is sound.
std::string fault_of(const Adapter& adapter, const std::string& payload) {
  const auto decoded = test::decode(adapter.decode, payload);
  if (!decoded) {
    if (decoded.error().category != fhir::ErrorCategory::invalid) return "an error that is not the sender's";
    if (decoded.error().detail.empty()) return "an error without detail";
    return shows_identity_number(decoded.error().detail) ? "an identity number in an error" : "";
  }
  const Count count = count_for(adapter.name);
  const fhir::JsonDocument document = fhir::JsonDocument::parse(payload).value();
  const std::size_t held = count.of(document.root());
  if (count.exact ? decoded->items.size() != held : decoded->items.size() < held)
    return std::to_string(decoded->items.size()) + " items of " + std::to_string(held);
  for (const Item& item : decoded->items) {
    const std::string fault = std::visit([](const auto& one) { return fault_of(one); }, item);
    if (!fault.empty()) return fault + ": " + test::item_json(item);
  }
  return {};
}

std::string without_trailing_blanks(std::string text) {
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

template <class Check>
void for_each_golden(Check check) {
  for (const Adapter& adapter : all_adapters()) {
    for (const std::filesystem::path& payload : test::golden_payloads(adapter.name)) {
      DYNAMIC_SECTION(adapter.name << ": " << payload.stem().string()) {
        check(adapter, test::file_content(payload));
      }
    }
  }
}

}  // namespace

TEST_CASE("bad input: one wrong place never costs another item", "[adapters][bad-input]") {
  for_each_golden([](const Adapter& adapter, const std::string& payload) {
    CHECK(fault_of(adapter, payload) == "");
    for (const test::Variant& variant : test::variants(payload)) {
      const std::string fault = fault_of(adapter, variant.json);
      if (!fault.empty()) FAIL_CHECK(variant.what << ": " << fault);
    }
  });
}

TEST_CASE("bad input: unknown members change nothing", "[adapters][bad-input]") {
  for_each_golden([](const Adapter& adapter, const std::string& payload) {
    const std::string plain = test::decoded_json(test::decode(adapter.decode, payload));
    for (const test::Variant& variant : test::variants(payload)) {
      if (variant.what.ends_with("+ unknown") &&
          test::decoded_json(test::decode(adapter.decode, variant.json)) != plain)
        FAIL_CHECK(variant.what);
    }
  });
}

TEST_CASE("bad input: a payload cut off anywhere is refused", "[adapters][bad-input]") {
  for_each_golden([](const Adapter& adapter, const std::string& whole) {
    const std::string payload = without_trailing_blanks(whole);
    for (std::size_t length = 0; length < payload.size(); ++length) {
      if (test::decode(adapter.decode, payload.substr(0, length)).has_value())
        FAIL_CHECK("accepted at byte " << length);
    }
  });
}

TEST_CASE("bad input: a doubled member is refused", "[adapters][bad-input]") {
  for_each_golden([](const Adapter& adapter, const std::string& payload) {
    for (const test::Variant& variant : test::doubled_members(payload)) {
      if (test::decode(adapter.decode, variant.json).has_value()) FAIL_CHECK(variant.what);
    }
  });
}

TEST_CASE("bad input: every byte may be any other", "[adapters][bad-input]") {
  for_each_golden([](const Adapter& adapter, const std::string& payload) {
    for (std::size_t i = 0; i < payload.size(); ++i) {
      for (const char byte : {'\0', '\xff', '\xc0', '"', '\\', '{', ']', '9', '-'}) {
        std::string changed = payload;
        changed[i] = byte;
        const auto decoded = test::decode(adapter.decode, changed);  // that it returns is the test
        if (!decoded && decoded.error().detail.empty()) FAIL_CHECK("byte " << i);
      }
    }
  });
}

TEST_CASE("bad input: what is no text for any reader", "[adapters][bad-input]") {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const std::string huge =
      R"({"measurements":[],"output":[],"date":"2024-05-14T06:31:07Z","x":1)" + std::string(1'000'000, '0') + "}";
  for (const Adapter& adapter : all_adapters()) {
    INFO(adapter.name);
    for (const char* payload : {"", " ", "null", "0", "\"text\"", "\xef\xbb\xbf{}", "{\"a\":NaN}",
                                "{\"a\":\"\xff\xfe\"}", "{\"a\":\"\\ud800\"}", "{}{}", "{\"a\":1,}", "<xml/>"}) {
      CHECK_FALSE(test::decode(adapter.decode, payload).has_value());
    }
    CHECK_FALSE(test::decode(adapter.decode, deep).has_value());
    CHECK_FALSE(test::decode(adapter.decode, R"({"measurements":)" + deep + "}").has_value());
    const auto number = test::decode(adapter.decode, huge);  // a number nobody asks for is nobody's problem
    CHECK((number.has_value() || !number.error().detail.empty()));
  }
}

TEST_CASE("bad input: a payload of more items than any body of readings holds is refused as too large",
          "[adapters][bad-input]") {
  std::string zeros = "0";
  for (std::size_t i = 0; i < most_items; ++i) zeros += ",0";
  struct Row {
    const char* adapter;
    std::string payload;
  };
  for (const Row& row : {Row{"hjemport", R"({"measurements":[)" + zeros + "]}"}, Row{"telli", "[" + zeros + "]"},
                         Row{"opentele", R"({"date":"2024-05-14T06:31:07Z","output":[)" + zeros + "]}"},
                         Row{"withings", R"({"status":0,"body":{"measuregrps":[)" + zeros + "]}}"},
                         Row{"withings", R"({"status":0,"body":{"measuregrps":[{"measures":[)" + zeros + "]}]}}"}}) {
    DYNAMIC_SECTION(row.adapter << " " << row.payload.substr(0, 60)) {
      const auto decoded = test::decode(adapter_named(row.adapter)->decode, row.payload);
      REQUIRE_FALSE(decoded.has_value());
      CHECK(decoded.error().category == fhir::ErrorCategory::too_large);
    }
  }
}
