#include "gateway/runtime/zone.hpp"

#include <catch2/catch.hpp>

#include "fhir/time.hpp"

using std::chrono::minutes;

namespace {
std::shared_ptr<const adapters::Zone> zone(const char* name) {
  return gateway::find_zone(name).value();
}
}  // namespace

TEST_CASE("zone: wall times of Europe/Oslo become UTC, clock changes included", "[runtime][zone]") {
  struct Row {
    const char* name;
    const char* wall;
    const char* utc;
    int offset;
    bool ambiguous;
  };
  const Row rows[] = {
      {"winter", "2026-01-15T08:00:00", "2026-01-15T07:00:00Z", 60, false},
      {"summer", "2026-07-15T08:00:00", "2026-07-15T06:00:00Z", 120, false},
      {"last second before the missing hour", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z", 60, false},
      {"first instant of the missing hour moves forward", "2026-03-29T02:00:00", "2026-03-29T01:00:00Z", 120, false},
      {"inside the missing hour moves forward", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z", 120, false},
      {"first second after the missing hour", "2026-03-29T03:00:00", "2026-03-29T01:00:00Z", 120, false},
      {"last second before the doubled hour", "2026-10-25T01:59:59", "2026-10-24T23:59:59Z", 120, false},
      {"start of the doubled hour is its first occurrence", "2026-10-25T02:00:00", "2026-10-25T00:00:00Z", 120, true},
      {"inside the doubled hour is its first occurrence", "2026-10-25T02:59:59", "2026-10-25T00:59:59Z", 120, true},
      {"first second after the doubled hour", "2026-10-25T03:00:00", "2026-10-25T02:00:00Z", 60, false},
  };
  auto oslo = zone("Europe/Oslo");
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      adapters::Zone::Resolved resolved = oslo->resolve(fhir::parse_local(row.wall).value());
      CHECK(fhir::utc_text(resolved.utc) == row.utc);
      CHECK(resolved.offset == minutes(row.offset));
      CHECK(resolved.ambiguous == row.ambiguous);
    }
  }
}

TEST_CASE("zone: the written time of a moved wall time exists", "[runtime][zone]") {
  auto resolved = zone("Europe/Oslo")->resolve(fhir::parse_local("2026-03-29T02:30:00").value());
  CHECK(fhir::DateTime::from(resolved.utc, resolved.offset).text() == "2026-03-29T03:30:00+02:00");
}

TEST_CASE("zone: fractions of a second survive", "[runtime][zone]") {
  auto resolved = zone("Europe/Oslo")->resolve(fhir::parse_local("2026-07-15T08:00:00.250").value());
  CHECK(fhir::utc_millis_text(resolved.utc) == "2026-07-15T06:00:00.250Z");
}

TEST_CASE("zone: the offset at an instant", "[runtime][zone]") {
  auto oslo = zone("Europe/Oslo");
  CHECK(oslo->offset_at(fhir::DateTime::parse("2026-10-25T00:59:59Z").value().utc) == minutes(120));
  CHECK(oslo->offset_at(fhir::DateTime::parse("2026-10-25T01:00:00Z").value().utc) == minutes(60));
  CHECK(zone("Asia/Kolkata")->offset_at(fhir::DateTime::parse("2026-10-25T00:00:00Z").value().utc) == minutes(330));
}

TEST_CASE("zone: a name the tz database lacks is not found", "[runtime][zone]") {
  for (const char* name : {"", "Oslo", "Europe/Oslo ", "europe/oslo", "../etc/passwd", "Mars/Olympus"}) {
    DYNAMIC_SECTION("'" << name << "'") {
      auto result = gateway::find_zone(name);
      REQUIRE(result.has_error());
      CHECK(result.error().category == fhir::ErrorCategory::not_found);
    }
  }
}
