// Whether bytes are text. JSON is checked by its reader; formats that are not JSON ask here before anything is kept.
#pragma once

#include <string_view>

namespace fhir {

// Well-formed UTF-8 as Unicode table 3-7 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

}  // namespace fhir
