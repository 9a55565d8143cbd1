// What no adapter may do on any input: crash, lose an item, or repeat an identity number in a note. Seeds are the
// golden payloads.
#include "tests/support/bad_input.hpp"

#include <catch2/catch.hpp>

#include "tests/support/decoded_json.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/soundness.hpp"

using namespace adapters;

namespace {

std::string without_trailing_blanks(std::string text) {
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

template <class Check>
void for_each_payload(Check check) {
  for (const Adapter& adapter : all_adapters()) {
    for (const std::filesystem::path& payload : test::golden_payloads(adapter.name)) {
      DYNAMIC_SECTION(adapter.name << ": " << payload.stem().string()) {
        check(adapter, test::file_content(payload));
      }
    }
  }
}

// Those whose places can be changed one by one.
template <class Check>
void for_each_json(Check check) {
  for_each_payload([&](const Adapter& adapter, const std::string& payload) {
    if (adapter.content_types[0] == "application/json") check(adapter, payload);
  });
}

}  // namespace

TEST_CASE("bad input: one wrong place never costs another item", "[adapters][bad-input]") {
  for_each_json([](const Adapter& adapter, const std::string& payload) {
    CHECK(test::fault_of(adapter, payload) == "");
    for (const test::Variant& variant : test::variants(payload)) {
      const std::string fault = test::fault_of(adapter, variant.json);
      if (!fault.empty()) FAIL_CHECK(variant.what << ": " << fault);
    }
  });
}

TEST_CASE("bad input: unknown members change nothing", "[adapters][bad-input]") {
  for_each_json([](const Adapter& adapter, const std::string& payload) {
    const std::string plain = test::decoded_json(test::decode(adapter.decode, payload));
    for (const test::Variant& variant : test::variants(payload)) {
      if (variant.what.ends_with("+ unknown") &&
          test::decoded_json(test::decode(adapter.decode, variant.json)) != plain)
        FAIL_CHECK(variant.what);
    }
  });
}

TEST_CASE("bad input: a payload cut off anywhere is refused", "[adapters][bad-input]") {
  for_each_json([](const Adapter& adapter, const std::string& whole) {
    const std::string payload = without_trailing_blanks(whole);
    for (std::size_t length = 0; length < payload.size(); ++length) {
      if (test::decode(adapter.decode, payload.substr(0, length)).has_value())
        FAIL_CHECK("accepted at byte " << length);
    }
  });
}

TEST_CASE("bad input: a doubled member is refused", "[adapters][bad-input]") {
  for_each_json([](const Adapter& adapter, const std::string& payload) {
    for (const test::Variant& variant : test::doubled_members(payload)) {
      if (test::decode(adapter.decode, variant.json).has_value()) FAIL_CHECK(variant.what);
    }
  });
}

TEST_CASE("bad input: every byte may be any other", "[adapters][bad-input]") {
  for_each_payload([](const Adapter& adapter, const std::string& payload) {
    for (std::size_t i = 0; i < payload.size(); ++i) {
      constexpr char bytes[] = {'\0', '\xff', '\xc0', '"', '\\', '{', ']', '9', '-'};
      for (std::size_t k = 0; k < std::size(bytes); ++k) {
        if (payload.size() > 1'000 && k != i % std::size(bytes)) continue;  // a long one in a ninth of the time
        std::string changed = payload;
        changed[i] = bytes[k];
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
  for (const Row& row : {Row{"senml", "[" + zeros + "]"},
                         Row{"fhir", R"({"resourceType":"Bundle","type":"batch","entry":[)" + zeros + "]}"},
                         Row{"hjemport", R"({"measurements":[)" + zeros + "]}"}, Row{"telli", "[" + zeros + "]"},
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
