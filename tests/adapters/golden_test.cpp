// Every file tests/golden/<adapter>/<case>.json, .csv, .hl7 or .xml decodes to exactly <case>.expected.json. With UPDATE_GOLDEN=1 in the
// environment the expected files are written anew; read the difference before it is committed. <adapter>/ORIGIN.md says
// where each input comes from.
#include "tests/support/golden.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "fhir/units.hpp"
#include "tests/support/decoded_json.hpp"

namespace {

bool updating() {
  const char* update = std::getenv("UPDATE_GOLDEN");
  return update != nullptr && std::string_view(update) == "1";
}

void check_unit(fhir::Kind kind, const fhir::Decimal& value, const std::string& unit) {
  if (fhir::info(kind).unit.empty()) return;
  INFO(fhir::info(kind).name << " in " << unit);
  CHECK(fhir::to_canonical(value, fhir::ucum_code(unit, kind), kind).has_value());
}

}  // namespace

TEST_CASE("golden payloads decode as recorded", "[adapters][golden]") {
  for (const adapters::Adapter& adapter : adapters::all_adapters()) {
    const std::string origins = test::file_content(test::golden_folder(adapter.name) / "ORIGIN.md");
    const auto payloads = test::golden_payloads(adapter.name);
    CHECK(!payloads.empty());
    for (const std::filesystem::path& payload : payloads) {
      DYNAMIC_SECTION(adapter.name << ": " << payload.stem().string()) {
        const std::string decoded = test::decoded_json(test::decode(adapter.decode, test::file_content(payload)));
        std::filesystem::path expected = payload;
        expected.replace_extension(".expected.json");
        if (updating()) std::ofstream(expected, std::ios::binary) << decoded;
        CHECK(decoded == test::file_content(expected));
        CHECK(origins.find("`" + payload.filename().string() + "`") != std::string::npos);
      }
    }
  }
}

TEST_CASE("every unit of a golden reading is one its kind can be converted from", "[adapters][golden]") {
  for (const adapters::Adapter& adapter : adapters::all_adapters()) {
    for (const std::filesystem::path& payload : test::golden_payloads(adapter.name)) {
      const auto decoded = test::decode(adapter.decode, test::file_content(payload));
      if (!decoded) continue;
      INFO(payload.filename().string());
      for (const adapters::Item& item : decoded->items) {
        const auto* reading = std::get_if<adapters::Measurement>(&item);
        if (reading == nullptr || reading->absent != fhir::AbsentReason::none) continue;
        if (reading->components.empty()) check_unit(reading->kind, reading->value, reading->unit);
        for (const auto& component : reading->components) check_unit(component.kind, component.value, component.unit);
      }
    }
  }
}

TEST_CASE("adapters are found by name and say which media types they take", "[adapters]") {
  // Sorted, as the configuration's error lists them; twice the same name would be found here too.
  std::string_view before;
  for (const adapters::Adapter& adapter : adapters::all_adapters()) {
    INFO(adapter.name);
    CHECK(adapters::adapter_named(adapter.name) == &adapter);
    CHECK(before < adapter.name);
    CHECK(!adapter.content_types.empty());
    before = adapter.name;
  }
  CHECK(adapters::adapter_named("nobody") == nullptr);
}
