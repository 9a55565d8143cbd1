// A dose that came out of a dispenser as FHIR R4 MedicationDispense, in the shape of VKP's profile v090 (norway.md 2.7).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json_reader.hpp"
#include "fhir/time.hpp"

namespace fhir {

inline constexpr std::string_view vkp_medication_dispense_profile =
    "http://ehelse.no/fhir/StructureDefinition/vkp-MedicationDispense-v090";

struct MedicationDispenseView {
  std::string_view id;
  Time last_updated{};
  std::array<std::uint8_t, 16> key{};  // opaque; shown as the UUID the profile asks for
  std::string_view category;           // code of vkp-medicationdispense-events-v090; unknown or empty: "1"
  std::string_view patient_id, patient_system, patient_value;  // identifier empty when there is none
  std::string_view device, device_name;                        // the dispenser as its vendor names it
  Time handed_over{};
  std::string_view medication, dosage, note;  // as given; empty: not said
};

// meta.profile is claimed when the resource has all that the profile demands: a national number and a named dispenser.
std::string medication_dispense(const MedicationDispenseView&);

// What keeps a MedicationDispense from R4 and, where it claims it, from VKP's profile; empty when nothing does.
std::vector<std::string> medication_dispense_problems(JsonValue);

// The key as a UUID of RFC 9562's version 8, "urn:uuid:…".
std::string uuid_of_key(const std::array<std::uint8_t, 16>& key);

}  // namespace fhir
