#include "gateway/ingest/prepare.hpp"

#include "adapters/adapter.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"
#include "tests/support/zones.hpp"

using namespace gateway;
using adapters::QuarantineReason;
using tests::pressure;
using tests::reading;
using tests::saturation;

namespace {

const fhir::Time nine = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + std::chrono::hours(9);

ingest::SourceFacts source_facts(std::string id = "sensors", std::string tenant = "bodo") {
  ingest::SourceFacts facts;
  facts.id = std::move(id);
  facts.tenant = std::move(tenant);
  facts.source = store::Source{1};
  facts.tenant_no = store::Tenant{1};
  return facts;
}

// The native payload's only item, prepared.
ingest::Prepared prepared(const std::string& measurement, const ingest::SourceFacts& facts = source_facts(),
                          const ingest::Keys& keys = ingest::Keys("a secret for these tests, 32 bytes")) {
  const std::string payload = R"({"measurements":[)" + measurement + "]}";
  fhir::JsonDocument scratch;
  test::FixedZone zone(std::chrono::hours(1));
  auto decoded = adapters::adapter_named("hjemport")->decode(payload, {zone, nine, scratch});
  REQUIRE(decoded);
  REQUIRE(decoded->items.size() == 1);
  ingest::PayloadKey bytes(keys, facts, payload);
  return ingest::prepare(decoded->items.front(), 0, bytes, facts, keys, {}, nine);
}

ingest::PreparedReading good(const std::string& measurement, const ingest::SourceFacts& facts = source_facts()) {
  ingest::Prepared result = prepared(measurement, facts);
  INFO(measurement);
  REQUIRE(std::holds_alternative<ingest::PreparedReading>(result));
  return std::get<ingest::PreparedReading>(std::move(result));
}

ingest::PreparedHeld held(const std::string& measurement) {
  ingest::Prepared result = prepared(measurement);
  INFO(measurement);
  REQUIRE(std::holds_alternative<ingest::PreparedHeld>(result));
  return std::get<ingest::PreparedHeld>(std::move(result));
}

const char* const at_eight = "2026-11-20T08:00:00Z";

}  // namespace

TEST_CASE("prepare: answers are words, and other answers are other content", "[ingest][prepare]") {
  const auto answered = [](const std::string& words) {
    adapters::Measurement item;
    item.kind = fhir::kinds().questionnaire;
    item.time = fhir::DateTime::from(nine, std::chrono::minutes(0));
    item.subject.id = "u";
    item.text = words;
    const ingest::SourceFacts facts = source_facts();
    const ingest::Keys keys("a secret for these tests, 32 bytes");
    ingest::PayloadKey bytes(keys, facts, "");
    ingest::Prepared result = ingest::prepare(item, 0, bytes, facts, keys, {}, nine);
    REQUIRE(std::holds_alternative<ingest::PreparedReading>(result));
    return std::get<ingest::PreparedReading>(std::move(result));
  };
  const ingest::PreparedReading yes = answered("Short of breath: yes");
  CHECK_FALSE(yes.row.value.has_value());
  CHECK(yes.body.find(R"("valueString":"Short of breath: yes")") != std::string::npos);
  CHECK(yes.row.digest != answered("Short of breath: no").row.digest);
}

TEST_CASE("prepare: digits stay as sent where nothing is converted, and units become UCUM", "[ingest][prepare]") {
  struct Row {
    const char* name;
    const char* kind;
    const char* value;
    const char* unit;
    const char* expected;
    const char* as_sent;  // said in the resource; empty: nothing
  };
  const Row rows[] = {
      {"canonical unit", "body-weight", "80.50", "kg", "80.50", ""},
      {"a vendor's word for it", "body-temperature", "37.50", "°C", "37.50", ""},
      {"grams", "body-weight", "80500", "g", "80.500", "80500 g"},
      {"mg/dl glucose", "blood-glucose", "100", "mg/dL", "5.55", "100 mg/dL"},
      {"a string holds the number", "oxygen-saturation", "\"93.0\"", "%", "93.0", ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      ingest::PreparedReading result = good(reading("u", at_eight, row.kind, row.value, row.unit));
      REQUIRE(result.row.value);
      CHECK(result.row.value->text() == row.expected);
      CHECK((result.body.find("As sent") != std::string::npos) == (std::string_view(row.as_sent) != ""));
      CHECK(result.body.find(row.as_sent) != std::string::npos);
    }
  }
}

TEST_CASE("prepare: of several faults the first in the contract's order is named", "[ingest][prepare]") {
  const std::string nobody = R"("patient":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"12345678901"})";
  struct Row {
    const char* name;
    std::string item;
    QuarantineReason reason;
  };
  const Row rows[] = {
      {"kind before unit", reading("u", "2027-01-01T00:00:00Z", "blood-magic", "1", "??", nobody),
       QuarantineReason::unknown_kind},
      {"unit before plausible", reading("u", "2027-01-01T00:00:00Z", "oxygen-saturation", "900", "furlong", nobody),
       QuarantineReason::unknown_unit},
      {"implausible before future", saturation("u", "2027-01-01T00:00:00Z", "900", nobody),
       QuarantineReason::implausible},
      {"future before identifier", saturation("u", "2027-01-01T00:00:00Z", "90", nobody),
       QuarantineReason::future_time},
      {"identifier", saturation("u", at_eight, "90", nobody), QuarantineReason::invalid_identifier},
      {"diastolic above systolic", pressure("u", at_eight, "80", "120"), QuarantineReason::implausible},
      {"systolic equals diastolic", pressure("u", at_eight, "80", "80"), QuarantineReason::implausible},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(adapters::name(held(row.item).reason) == adapters::name(row.reason));
    }
  }
}

TEST_CASE("prepare: a clock ahead is believed up to the tolerance", "[ingest][prepare]") {
  CHECK_NOTHROW(good(saturation("u", "2026-11-20T09:05:00Z", "90")));
  CHECK(held(saturation("u", "2026-11-20T09:05:01Z", "90")).reason == QuarantineReason::future_time);
}

TEST_CASE("prepare: what makes a reading the same one", "[ingest][prepare][keys]") {
  const store::Key key = good(saturation("u", at_eight, "93")).row.key;
  const store::Key with_id = good(saturation("u", at_eight, "93", R"("id":"r-1")")).row.key;
  struct Row {
    const char* name;
    std::string item;
    const store::Key& as;
    bool same;
  };
  const Row rows[] = {
      {"the same instant with another offset", saturation("u", "2026-11-20T10:00:00+02:00", "93"), key, true},
      {"the same value with other digits", saturation("u", at_eight, "93.00"), key, true},
      {"another value", saturation("u", at_eight, "94"), key, false},
      {"another instant", saturation("u", "2026-11-20T08:00:00.000001Z", "93"), key, false},
      {"another subject", saturation("v", at_eight, "93"), key, false},
      {"another kind", reading("u", at_eight, "perfusion-index", "9.3", "%"), key, false},
      {"the unit's alias", reading("u", at_eight, "oxygen-saturation", "93", "percent"), key, true},
      {"one record, another value", saturation("u", at_eight, "94", R"("id":"r-1")"), with_id, true},
      {"one record, another time", saturation("u", "2026-11-20T08:30:00Z", "93", R"("id":"r-1")"), with_id, true},
      {"one record, a version stamp", saturation("u", at_eight, "94", R"("id":"r-1","version":"7")"), with_id, true},
      {"one record, another kind", reading("u", at_eight, "pulse-rate", "93", "/min", R"("id":"r-1")"), with_id, false},
      {"another record", saturation("u", at_eight, "93", R"("id":"r-2")"), with_id, false},
      {"no record", saturation("u", at_eight, "93"), with_id, false},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      ingest::Prepared result = prepared(row.item);
      if (!std::holds_alternative<ingest::PreparedReading>(result)) FAIL("held");
      CHECK((std::get<ingest::PreparedReading>(result).row.key == row.as) == row.same);
    }
  }
  SECTION("another source or tenant") {
    CHECK(good(saturation("u", at_eight, "93"), source_facts("other")).row.key != key);
    CHECK(good(saturation("u", at_eight, "93"), source_facts("sensors", "oslo")).row.key != key);
  }
  SECTION("another installation's secret") {
    auto other =
        prepared(saturation("u", at_eight, "93"), source_facts(), ingest::Keys("another secret for these tests, 32 b"));
    CHECK(std::get<ingest::PreparedReading>(other).row.key != key);
  }
}

TEST_CASE("prepare: the parts of a key cannot run into each other", "[ingest][keys]") {
  const ingest::Keys keys("a secret for these tests, 32 bytes");
  CHECK(keys.reading("t", "s", "ab", "c", "k", nine, "") != keys.reading("t", "s", "a", "bc", "k", nine, ""));
  CHECK(keys.reading("t", "s", "u", "r", "fall", nine, "") != keys.event("t", "s", "u", "r", "fall", nine));
  CHECK(keys.device("t", "s", "1").value > 0);
}

TEST_CASE("prepare: the readings of several devices in one payload keep their own devices", "[ingest][prepare][keys]") {
  const ingest::SourceFacts facts = source_facts();
  const ingest::Keys keys("a secret for these tests, 32 bytes");
  ingest::PayloadKey payload(keys, facts, "");
  for (const char* name : {"ox-1", "ox-1", "ox-2", "ox-1", "", "ox-2", "ox-2"}) {
    adapters::Measurement item;
    item.kind = fhir::kinds().pulse_rate;
    item.value = fhir::Decimal(70);
    item.unit = "/min";
    item.time = fhir::DateTime::from(nine, std::chrono::minutes(0));
    item.subject.id = "u";
    item.device.id = name;
    const ingest::Prepared result = ingest::prepare(item, 0, payload, facts, keys, {}, nine);
    REQUIRE(std::holds_alternative<ingest::PreparedReading>(result));
    const DeviceId expected = *name == '\0' ? DeviceId{} : keys.device(facts.tenant, facts.id, name);
    CHECK(std::get<ingest::PreparedReading>(result).device.id == expected);
    CHECK(std::get<ingest::PreparedReading>(result).row.device == expected);
  }
}

TEST_CASE("prepare: keys in hex are read back, anything else is not", "[ingest][keys]") {
  const ingest::Keys keys("a secret for these tests, 32 bytes");
  const store::Key key = keys.payload("t", "s", "bytes");
  CHECK(ingest::hex(key).size() == 32);
  CHECK(ingest::key_from_hex(ingest::hex(key)) == key);
  for (const char* bad : {"", "0", "ABCDEF00112233445566778899aabbcc", "00112233445566778899aabbccddeef",
                          "zz112233445566778899aabbccddeeff"}) {
    CHECK_FALSE(ingest::key_from_hex(bad));
  }
}

TEST_CASE("prepare: formatting is no content, everything measured is", "[ingest][prepare]") {
  const std::string id = R"("id":"r-1")";
  const store::Digest digest = good(saturation("u", at_eight, "93", id)).row.digest;
  struct Row {
    const char* name;
    std::string item;
    bool same;
  };
  const Row rows[] = {
      {"trailing zeros", saturation("u", at_eight, "93.0", id), true},
      {"another offset", saturation("u", "2026-11-20T09:00:00+01:00", "93", id), true},
      {"a note", saturation("u", at_eight, "93", id + R"(,"note":"after lunch")"), true},
      {"a device", saturation("u", at_eight, "93", id + R"(,"device":{"id":"SN-1"})"), true},
      {"a version stamp", saturation("u", at_eight, "93", id + R"(,"version":"2")"), true},
      {"the value", saturation("u", at_eight, "92", id), false},
      {"the instant", saturation("u", "2026-11-20T08:00:01Z", "93", id), false},
      {"a comparator", saturation("u", at_eight, "93", id + R"(,"comparator":"<")"), false},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK((good(row.item).row.digest == digest) == row.same);
    }
  }
  SECTION("components") {
    const store::Digest pair = good(pressure("u", at_eight, "120", "80", id)).row.digest;
    CHECK(good(pressure("u", at_eight, "120.0", "80", id)).row.digest == pair);
    CHECK(good(pressure("u", at_eight, "120", "81", id)).row.digest != pair);
    CHECK(good(pressure("u", at_eight, "121", "80", id)).row.digest != pair);
  }
  SECTION("the word of a kind that is measured in words") {
    auto word = [&](const char* value) {
      return good(R"({"subject":"u","time":"2026-11-20T08:00:00Z","kind":"consciousness","value":")" +
                  std::string(value) + "\"," + id + "}")
          .row.digest;
    };
    CHECK(word("A") == word("A"));
    CHECK(word("A") != word("V"));
  }
}

TEST_CASE("prepare: a national number goes by its digits, whatever system it is sent under", "[ingest][prepare]") {
  const std::string number = tests::synthetic_number(1);
  auto item = [&](std::string_view system, std::string_view value) {
    return saturation("", at_eight, "93",
                      R"("patient":{"system":")" + std::string(system) + R"(","value":")" + std::string(value) + "\"}");
  };
  CHECK(good(item("urn:oid:2.16.578.1.12.4.1.4.2", number)).whom.patient->system == tests::fnr);
  CHECK(good(item("http://hl7.no/fhir/NamingSystem/FNR", number)).whom.patient->system == tests::fnr);
  CHECK(good(item("urn:vendor:person", "77")).whom.patient->system == "urn:vendor:person");
  SECTION("a real number is refused in a test environment, before anything else learns of it") {
    ingest::PreparedHeld result = held(item(tests::fnr, "13116900216"));
    CHECK(result.reason == QuarantineReason::invalid_identifier);
    CHECK_FALSE(result.whom.patient);
  }
}

TEST_CASE("prepare: a held value keeps what could be read of it", "[ingest][prepare]") {
  ingest::PreparedHeld result = held(saturation("u", at_eight, "120"));
  REQUIRE(result.values.size() == 1);
  CHECK(result.values.front().value == fhir::Decimal(120));
  REQUIRE(result.measured);
  CHECK(*result.measured == nine - std::chrono::hours(1));
  SECTION("and does not take the key of the good value at the same instant") {
    CHECK(result.key != good(saturation("u", at_eight, "100")).row.key);
  }
}
