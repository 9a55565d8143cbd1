#include "fhir/medication_dispense.hpp"

#include <catch2/catch.hpp>

#include "fhir/kinds.hpp"

using namespace fhir;

namespace {

MedicationDispenseView dose() {
  MedicationDispenseView view;
  view.id = "0d9";
  view.key = {0xff, 0xfe, 1, 2, 3, 4, 0xff, 6, 0xff, 8, 9, 10, 11, 12, 13, 14};
  view.category = "1.1";
  view.patient_id = "77a";
  view.patient_system = "urn:oid:2.16.578.1.12.4.1.4.1";
  view.patient_value = "13816590072";
  view.device = "MD-1";
  view.handed_over = DateTime::parse("2026-11-20T08:00:00+01:00")->utc;
  view.last_updated = view.handed_over;
  return view;
}

JsonDocument parsed(const MedicationDispenseView& view) {
  return JsonDocument::parse(medication_dispense(view)).value();
}

}  // namespace

TEST_CASE("dispense: a key is a UUID of version 8", "[dispense]") {
  CHECK(uuid_of_key(dose().key) == "urn:uuid:fffe0102-0304-8f06-bf08-090a0b0c0d0e");
}

TEST_CASE("dispense: with a national number and a dispenser it claims VKP's profile, and keeps it", "[dispense]") {
  const JsonDocument whole = parsed(dose());
  CHECK(whole.root()["meta"]["profile"].at(0).text() == vkp_medication_dispense_profile);
  CHECK(medication_dispense_problems(whole.root()).empty());
  CHECK(whole.root()["category"]["coding"].at(0)["display"].text() == "medisin utlevert uassistert");
  CHECK(whole.root()["whenHandedOver"].text() == "2026-11-20T07:00:00.000Z");
  CHECK(whole.root()["medicationCodeableConcept"]["coding"].at(0)["code"].text() == "unknown");
}

TEST_CASE("dispense: what lacks a part of the profile does not claim it", "[dispense]") {
  MedicationDispenseView no_device = dose();
  no_device.device = {};
  MedicationDispenseView local_number = dose();
  local_number.patient_system = "http://cosdoc.dips.no/lopenummer";
  MedicationDispenseView nobody = dose();
  nobody.patient_system = nobody.patient_value = {};
  for (const MedicationDispenseView& view : {no_device, local_number, nobody}) {
    const JsonDocument document = parsed(view);
    CHECK(document.root()["meta"]["profile"].absent());
    CHECK(medication_dispense_problems(document.root()).empty());
  }
}

TEST_CASE("dispense: the check names what is missing", "[dispense]") {
  std::string text = medication_dispense(dose());
  const auto without = [&](const std::string& part, const std::string& in_place) {
    std::string changed = text;
    const std::size_t at = changed.find(part);
    REQUIRE(at != std::string::npos);
    changed.replace(at, part.size(), in_place);
    const JsonDocument document = JsonDocument::parse(changed).value();
    const auto problems = medication_dispense_problems(document.root());
    return problems.empty() ? std::string() : problems.front();
  };
  CHECK(without("\"code\":\"1.1\"", "\"code\":\"9\"") == "category: not of vkp-medicationdispense-events-v090");
  CHECK(without("urn:uuid:", "") == "identifier: not a UUID");
  CHECK(without("\"status\":\"completed\"", "\"status\":\"stopped\"") == "status: not in-progress or completed");
  CHECK(without("\"type\":\"Device\"", "\"reference\":\"Device/1\"") == "performer.actor.reference: forbidden");
  CHECK(without("\"medicationCodeableConcept\"", "\"x\"") == "medication[x]: missing");
}

TEST_CASE("dispense: an unknown category is a dispensed dose, and words are escaped", "[dispense]") {
  MedicationDispenseView view = dose();
  view.category = "17";
  view.note = "\"quoted\"";
  view.medication = "Marevan & \"x\"";
  const JsonDocument document = parsed(view);
  CHECK(document.root()["category"]["coding"].at(0)["code"].text() == "1");
  CHECK(document.root()["note"].at(0)["text"].text() == "\"quoted\"");
  CHECK(document.root()["medicationCodeableConcept"]["text"].text() == "Marevan & \"x\"");
}
