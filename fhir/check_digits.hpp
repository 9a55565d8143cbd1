// Check digits of the two terminologies we carry codes of, so that a misprinted code is caught when it is loaded: public
// material holds several (29563-7 for 29463-7, 3150-6 for 3150-0).
#pragma once

#include <string_view>

namespace fhir {

// LOINC: "2708-6", the digit behind the hyphen checks those before it (mod 10, LOINC Users' Guide).
bool valid_loinc(std::string_view code);
// SNOMED CT identifier: 6 to 18 digits, the last by Verhoeff's dihedral check (SNOMED CT Release File Specification).
bool valid_snomed(std::string_view code);

}  // namespace fhir
