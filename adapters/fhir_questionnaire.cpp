// FHIR R4 QuestionnaireResponse: its answers as words.
#include <string>

#include "adapters/fhir_resources.hpp"
#include "adapters/vendor_time.hpp"
#include "fhir/form_answers.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

constexpr auto undecodable = QuarantineReason::undecodable;

// What a person reads of an answer: R4 item.answer.value[x].
std::string answer_text(JsonValue answer) {
  const std::vector<JsonValue> values = values_of(answer);
  if (values.empty()) return {};
  const JsonValue value = values[0];
  if (!value.is_object()) return printable(value.scalar());
  if (value.key() == "valueQuantity") {
    std::string text(value["value"].scalar());
    const auto unit = value["unit"].text() ? value["unit"].text() : value["code"].text();
    return unit ? text + " " + printable(*unit) : text;
  }
  for (const std::string_view key : {"display", "code", "title", "reference"})
    if (const auto text = value[key].text()) return printable(*text);
  return {};
}

void append_answers(JsonValue item, std::string& out) {
  std::string answers;
  for (const JsonValue answer : item["answer"]) {
    const std::string text = answer_text(answer);
    if (!text.empty() && !answers.empty()) answers += ", ";
    answers += text;
  }
  if (!answers.empty()) {
    const auto question = item["text"].text() ? item["text"].text() : item["linkId"].text();
    append_remark(out, question ? printable(*question) + ": " + answers : answers);
  }
  for (const JsonValue answer : item["answer"])
    for (const JsonValue below : answer["item"]) append_answers(below, out);
  for (const JsonValue below : item["item"]) append_answers(below, out);
}

// VKP gives the form's name as an extension of the canonical it leaves out (vkp-QuestionnaireReponse-v090).
std::string form_name(JsonValue response) {
  for (const JsonValue extension : response["_questionnaire"]["extension"])
    if (extension["url"].text() == "http://hl7.org/fhir/StructureDefinition/display")
      if (const auto name = extension["valueString"].text()) return printable(*name);
  return {};
}

}  // namespace

void read_fhir_questionnaire_response(JsonValue resource, const FhirPayload& payload, const Context& context,
                                      Draft draft, std::vector<Item>& items) {
  const auto status = resource["status"].text();
  const auto ignore = [&](IgnoreReason reason, std::string note) { items.push_back(Ignored{reason, std::move(note)}); };
  if (is_test_data(resource)) return ignore(IgnoreReason::not_a_reading, "meta.security: test data");
  if (status == "entered-in-error" || status == "stopped")
    return ignore(IgnoreReason::cancelled, "status " + std::string(*status));
  if (status == "in-progress") return ignore(IgnoreReason::not_a_reading, "status in-progress: no complete answer yet");
  if (status != "completed" && status != "amended")
    draft.hold(undecodable, member_path(resource, "status") + ": expected a status of a QuestionnaireResponse");

  Measurement& reading = draft.reading;
  reading.kind = fhir::kinds().questionnaire;
  reading.origin = Origin::manual;
  const auto take = [&](const fhir::Result<std::string>& read) {
    if (read) return *read;
    draft.hold(undecodable, read.error().detail);
    return std::string();
  };
  reading.record_id = take(read_identifier(resource["identifier"]));
  if (reading.record_id.empty()) {
    const std::string id = take(read_id(resource, "id"));
    if (!id.empty()) reading.record_id = "QuestionnaireResponse/" + id;
  }
  reading.correlation = reading.record_id;
  if (const auto stamp = resource["meta"]["lastUpdated"].text(); stamp && fhir::DateTime::parse(*stamp))
    reading.version = *stamp;
  if (const auto subject = read_fhir_subject(resource, "subject", payload); !subject) {
    draft.hold(undecodable, subject.error().detail);
  } else if (!subject->id.empty() || subject->patient) {
    reading.subject = *subject;
  }
  if (const auto time = read_time(resource, "authored", context.zone)) {
    draft.set_wall_time(time->time, time->uncertain);
  } else {
    draft.hold(undecodable, time.error().detail);
  }
  for (const JsonValue item : resource["item"]) append_answers(item, reading.text);
  if (reading.text.empty() && !draft.held())
    return ignore(IgnoreReason::not_a_reading, member_path(resource, "item") + ": no answers");
  if (const std::string name = form_name(resource); !name.empty()) reading.text = name + ": " + reading.text;
  reading.extensions = fhir::answer_extensions(fhir::form_answers(resource));
  items.push_back(std::move(draft).item());
}

}  // namespace adapters
