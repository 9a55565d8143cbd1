#include "fhir/operation_outcome.hpp"

#include "fhir/json_writer.hpp"

namespace fhir {

std::string operation_outcome(std::string_view severity, std::string_view code, std::string_view diagnostics) {
  std::string out;
  out.reserve(96 + diagnostics.size());
  JsonWriter writer(out);
  writer.begin_object().member("resourceType", "OperationOutcome").key("issue").begin_array().begin_object();
  writer.member("severity", severity).member("code", code).member_if("diagnostics", diagnostics);
  writer.end_object().end_array().end_object();
  return out;
}

}  // namespace fhir
