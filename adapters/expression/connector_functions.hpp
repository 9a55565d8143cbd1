// The functions the IoMT FHIR Connector adds to JMESPath (microsoft/iomt-fhir docs/CustomFunctions.md): add, subtract,
// multiply, divide, pow, insertString, fromUnixTimestamp, fromUnixTimestampMs. Registered beside the standard ones, not
// part of the language.
#pragma once

#include "adapters/expression/functions.hpp"

namespace adapters::expression {

enum class Arithmetic {
  exact,       // decimals; what does not fit is an error
  as_original  // `compat: exact`: doubles when an operand is written as one, otherwise 64-bit integers that wrap around
};

void add_connector_functions(FunctionTable& table, Arithmetic arithmetic = Arithmetic::exact);

}  // namespace adapters::expression
