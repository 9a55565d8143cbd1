// The sample on each adapter's page of docs/vendors works, and the pages name every reason and error they explain
// rightly.
#include <catch2/catch.hpp>

#include "tests/support/decoded_json.hpp"
#include "tests/support/golden.hpp"

namespace {

std::string page(std::string_view adapter) {
  return test::file_content(std::filesystem::path(HJEMPORT_TEST_DATA) / ".." / "docs" / "vendors" /
                            (std::string(adapter) + ".md"));
}

std::string first_sample(const std::string& text) {
  std::size_t start = std::string::npos;
  for (const std::string fence : {"```json\n", "```csv\n", "```hl7\n", "```xml\n"})
    if (const std::size_t at = text.find(fence); at != std::string::npos) start = std::min(start, at + fence.size());
  REQUIRE(start != std::string::npos);
  return text.substr(start, text.find("```", start) - start);
}

}  // namespace

TEST_CASE("the sample of every adapter's page becomes readings and events only", "[adapters][docs]") {
  for (const adapters::Adapter& adapter : adapters::all_adapters()) {
    INFO(adapter.name);
    const auto decoded = test::decode(adapter.decode, first_sample(page(adapter.name)));
    REQUIRE(decoded.has_value());
    CHECK(decoded->items.size() >= (adapter.name == "scaip" ? 1u : 2u));  // a document is one message there
    for (const adapters::Item& item : decoded->items) {
      INFO(test::item_json(item));
      CHECK((std::holds_alternative<adapters::Measurement>(item) || std::holds_alternative<adapters::Event>(item)));
    }
  }
}

TEST_CASE("the vendors' index explains every reason", "[adapters][docs]") {
  const std::string index =
      test::file_content(std::filesystem::path(HJEMPORT_TEST_DATA) / ".." / "docs" / "vendors.md");
  for (int i = 0; i <= static_cast<int>(adapters::QuarantineReason::subject_changed); ++i)
    CHECK(index.find("| `" + std::string(name(static_cast<adapters::QuarantineReason>(i))) + "` |") !=
          std::string::npos);
  for (int i = 0; i <= static_cast<int>(adapters::IgnoreReason::not_a_reading); ++i)
    CHECK(index.find("| `" + std::string(name(static_cast<adapters::IgnoreReason>(i))) + "` |") != std::string::npos);
}

TEST_CASE("the page of events lists every kind and every alert code", "[adapters][docs]") {
  const std::string text =
      test::file_content(std::filesystem::path(HJEMPORT_TEST_DATA) / ".." / "docs" / "events.md");
  for (const fhir::EventInfo& event : fhir::all_events()) {
    if (event.kind == fhir::EventKind::unknown) continue;
    const std::string who = event.safety                                   ? "a person"
                            : event.technical == fhir::Technical::severe   ? "technical, severe"
                            : event.technical == fhir::Technical::moderate ? "technical"
                                                                           : "nobody";
    const std::string row = "| `" + std::string(event.name) + "` | " + std::string(event.vkp_alert_code) +
                            (event.vkp_alert_code.empty() ? "| " : " | ") + who + " |";
    INFO(row);
    CHECK(text.find(row) != std::string::npos);
  }
}

TEST_CASE("the native page lists every kind a payload can have", "[adapters][docs]") {
  const std::string text = page("hjemport");
  for (const fhir::KindInfo& kind : fhir::all_kinds()) {
    INFO(kind.name);
    if (kind.kind != fhir::Kind::unknown) CHECK(text.find(kind.name) != std::string::npos);
  }
}
