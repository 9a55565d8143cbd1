// What a coded field of an OBX means: OBX-3 (what was measured) and OBX-6 (in which unit), by IEEE 11073 (number or
// reference id), LOINC, NPU, SNOMED CT or UCUM.
#pragma once

#include <string>

#include "adapters/hl7v2_message.hpp"

namespace adapters {

struct Hl7Meaning {
  fhir::Kind kind = fhir::Kind::unknown;
  bool contradictory = false;  // its codings are of different kinds, or number and reference id of different things
  bool control_solution = false;
  bool about_device = false;  // attributes, clocks, alarms and status of the device; no reading
  std::string remark;         // a number that was overruled by the reference id beside it; where a temperature was taken
  std::string shown;          // the code as it may stand in a note
};
Hl7Meaning hl7_meaning(const Hl7Segment& obx, const std::vector<Alias>& aliases);

struct Hl7Unit {
  std::string unit;    // UCUM for what is known, else as sent
  std::string remark;  // as above
};
Hl7Unit hl7_unit(const Hl7Segment& obx);

}  // namespace adapters
