// Units of ISO/IEEE 11073-10101 by their decimal code, as device gateways send them (codes.md section 4).
#pragma once

#include <string_view>

namespace adapters {

// UCUM code of an MDC unit code ("266016" is mm[Hg]); empty when the code is not listed.
std::string_view ucum_of_mdc_unit(std::string_view code);

// The same by the reference id ("MDC_DIM_MMHG").
std::string_view ucum_of_mdc_unit_name(std::string_view reference_id);

}  // namespace adapters
