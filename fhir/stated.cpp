#include "fhir/stated.hpp"

#include "fhir/json_writer.hpp"

namespace fhir {
namespace {

constexpr std::string_view data_absent =
    R"("dataAbsentReason":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"unknown"}]})";

void append_quantity(std::string& out, const StatedValue& value) {
  std::string number;
  value.number.append_to(number);
  out.append(R"("valueQuantity":{"value":)").append(number);
  const auto member = [&](std::string_view name, const std::string& text) {
    if (text.empty()) return;  // R4: a string is never empty
    out.append(",\"").append(name).append("\":");
    append_json_string(out, text);
  };
  member("unit", value.unit);
  // qty-3: a code needs its system.
  if (!value.unit_system.empty() || value.unit_code.empty()) member("system", value.unit_system);
  if (!value.unit_system.empty()) member("code", value.unit_code);
  out += '}';
}

void append_value(std::string& out, const StatedValue& value) {
  switch (value.form) {
    case StatedValue::Form::quantity:
      return append_quantity(out, value);
    case StatedValue::Form::text:
      if (value.text.find_first_not_of(" \t\r\n") == std::string::npos) {
        out += data_absent;
        return;
      }
      out += R"("valueString":)";
      return append_json_string(out, value.text);
    case StatedValue::Form::concept_:
      out += R"("valueCodeableConcept":)";
      return append_stated_concept(out, value.concept_value);
  }
}

}  // namespace

std::string stated_name(const StatedConcept& code) {
  if (code.codings.empty()) return code.text;
  return code.codings.front().system + "|" + code.codings.front().code;
}

void append_stated_concept(std::string& out, const StatedConcept& stated) {
  JsonWriter writer(out);
  writer.begin_object();
  if (!stated.codings.empty()) {
    writer.key("coding").begin_array();
    for (const StatedCoding& coding : stated.codings) {
      writer.begin_object().member_if("system", coding.system).member_if("code", coding.code);
      writer.member_if("display", coding.display).end_object();
    }
    writer.end_array();
  }
  writer.member_if("text", stated.text).end_object();
}

void append_stated_values(std::string& out, const Stated& stated) {
  if (stated.value)
    append_value(out, *stated.value);
  else if (stated.components.empty())
    out += data_absent;
  if (stated.components.empty()) return;
  if (stated.value) out += ',';
  out += R"("component":[)";
  bool first = true;
  for (const StatedComponent& component : stated.components) {
    out += first ? R"({"code":)" : R"(,{"code":)";
    first = false;
    append_stated_concept(out, component.code);
    out += ',';
    append_value(out, component.value);
    out += '}';
  }
  out += ']';
}

}  // namespace fhir
