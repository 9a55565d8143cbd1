#include "fhir/form_answers.hpp"

#include <optional>

#include "fhir/json_writer.hpp"

namespace fhir {
namespace {

// OURS: a form is tens of questions; what is beyond is no form, and would be carried with every copy of the reading.
constexpr std::size_t answers_max = 500;

std::optional<Decimal> decimal(JsonValue value) {
  const auto read = value.as_decimal();
  return read ? std::optional(*read) : std::nullopt;
}

std::optional<Decimal> number_of(JsonValue answer) {
  for (const std::string_view key : {"valueInteger", "valueDecimal"}) {
    if (const JsonValue value = answer[key]; value.is_number()) return decimal(value);
  }
  if (const JsonValue value = answer["valueBoolean"]; value.is_boolean()) return Decimal(value.scalar() == "true" ? 1 : 0, 0);
  if (const JsonValue value = answer["valueQuantity"]["value"]; value.is_number()) return decimal(value);
  for (const JsonValue extension : answer["valueCoding"]["extension"]) {
    if (extension["url"].text() == "http://hl7.org/fhir/StructureDefinition/ordinalValue") return decimal(extension["valueDecimal"]);
  }
  return std::nullopt;
}

void read_answers(JsonValue item, const std::string& questionnaire, std::vector<FormAnswer>& out) {
  const auto link = item["linkId"].text();
  for (const JsonValue answer : item["answer"]) {
    if (const auto value = number_of(answer); value && link && out.size() < answers_max) {
      out.push_back({questionnaire, std::string(*link), *value});
    }
    for (const JsonValue below : answer["item"]) read_answers(below, questionnaire, out);
  }
  for (const JsonValue below : item["item"]) read_answers(below, questionnaire, out);
}

}  // namespace

std::vector<FormAnswer> form_answers(JsonValue response) {
  std::vector<FormAnswer> found;
  const auto canonical = response["questionnaire"].text();
  if (!canonical) return found;
  const std::string questionnaire(canonical->substr(0, canonical->find('|')));
  for (const JsonValue item : response["item"]) read_answers(item, questionnaire, found);
  return found;
}

std::vector<FormAnswer> form_answers_of(JsonValue observation) {
  std::vector<FormAnswer> found;
  for (const JsonValue extension : observation["extension"]) {
    if (extension["url"].text() != answer_extension) continue;
    FormAnswer answer;
    std::optional<Decimal> value;
    for (const JsonValue part : extension["extension"]) {
      const auto url = part["url"].text();
      if (url == "questionnaire") answer.questionnaire = part["valueCanonical"].text().value_or("");
      if (url == "link") answer.link = part["valueString"].text().value_or("");
      if (url == "value") value = decimal(part["valueDecimal"]);
    }
    if (!value) continue;
    answer.value = *value;
    found.push_back(std::move(answer));
  }
  return found;
}

std::string answer_extensions(const std::vector<FormAnswer>& answers) {
  std::string out;
  for (const FormAnswer& answer : answers) {
    if (!out.empty()) out += ',';
    JsonWriter writer(out);
    writer.begin_object().member("url", answer_extension).key("extension").begin_array();
    writer.begin_object().member("url", "questionnaire").member("valueCanonical", answer.questionnaire).end_object();
    writer.begin_object().member("url", "link").member("valueString", answer.link).end_object();
    writer.begin_object().member("url", "value").member("valueDecimal", answer.value).end_object();
    writer.end_array().end_object();
  }
  return out;
}

}  // namespace fhir
