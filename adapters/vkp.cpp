// The journaling document of the national hub (VKP), as response solutions send it: a FHIR R4 Bundle of type document
// with a Composition, the DetectedIssue it is about, its Device, and in home follow-up the Observations and answers
// (norway.md 2.5, HL7Norway/Velferdsteknologi; the only published payload is NorskHelsenett/VKP.Samples). The document
// is about something that may have been dealt with where it comes from; how far is said in the event's words, and it
// stays an event: whether a person here has to do something is not for an adapter to say.
#include "adapters/vkp.hpp"

#include <algorithm>
#include <array>

#include "adapters/fhir_detected_issue.hpp"
#include "adapters/fhir_resources.hpp"
#include "adapters/vendor_time.hpp"
#include "fhir/national_id.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

constexpr std::string_view event_system = "http://ehelse.no/fhir/CodeSystem/vkp-composition-event-v090";
constexpr std::string_view section_system = "http://ehelse.no/fhir/CodeSystem/vkp-composition-section-v090";

// vkp-composition-event-v090: how far the sender has dealt with it; there is no 2.
struct Step {
  std::string_view code, word;
};
constexpr std::array<Step, 5> steps = {{{"0", "reported"},
                                        {"1", "being handled"},
                                        {"3", "acknowledged"},
                                        {"4", "dispatched"},
                                        {"5", "dispatch accepted"}}};

// The text of an XHTML div: tags away, the five entities of XML resolved, blanks collapsed.
std::string plain_text(std::string_view xhtml) {
  std::string text;
  bool in_tag = false;
  for (const char c : xhtml) {
    if (c == '<' || c == '>') {
      in_tag = c == '<';
      if (!text.empty() && text.back() != ' ') text += ' ';
    } else if (!in_tag) {
      text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
  }
  struct Entity {
    std::string_view written, means;
  };
  for (const Entity& entity : {Entity{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}})
    for (std::size_t at = text.find(entity.written); at != std::string::npos;
         at = text.find(entity.written, at + entity.means.size()))
      text.replace(at, entity.written.size(), entity.means);
  const std::size_t start = text.find_first_not_of(' ');
  if (start == std::string::npos) return {};
  return text.substr(start, text.find_last_not_of(' ') - start + 1);
}

bool names_a_place(std::string_view title) {
  return title.find("ocation") != std::string_view::npos || title.find("okasjon") != std::string_view::npos;
}

class DocumentReader {
 public:
  DocumentReader(const FhirPayload& payload, const Context& context, std::vector<Item>& items)
      : payload_(payload), context_(context), items_(items) {
    for (const JsonValue entry : payload.entries())
      if (const JsonValue resource = payload.resource_of(entry);
          composition_.absent() && resource["resourceType"].text() == "Composition")
        composition_ = resource;
    read_composition();
  }

  void read(JsonValue entry) {
    const JsonValue resource = payload_.resource_of(entry);
    const auto type = resource["resourceType"].text();
    if (type == "Observation") {
      read_fhir_observation(resource, payload_, context_, about_the_patient(), items_);
    } else if (type == "QuestionnaireResponse") {
      read_fhir_questionnaire_response(resource, payload_, context_, about_the_patient(), items_);
    } else if (type == "DetectedIssue") {
      read_fhir_detected_issue(resource, payload_, context_, surroundings(), items_);
      ++issues_;
    } else if (type && only_accompanies(*type)) {
      ++accompanying_;
    } else if (type == "MedicationDispense" || type == "CarePlan") {
      items_.push_back(Ignored{IgnoreReason::not_a_reading, std::string(*type)});
    } else {
      Draft draft;
      draft.hold(type ? QuarantineReason::unknown_kind : QuarantineReason::undecodable,
                 member_path(entry, "resource") + ": no resource of a document of the hub");
      items_.push_back(std::move(draft).item());
    }
  }

  // A document may carry its alert code in the Composition alone, where the published sample puts it beside the
  // finding. A note without alert is nothing to anybody here.
  void finish() {
    if (issues_ > 0) return;
    if (vkp_alert_code_of(composition_["type"]).empty()) return answer_for_accompanying(accompanying_, items_);
    AlertSurroundings around = surroundings();
    around.code = composition_["type"];
    read_fhir_detected_issue(composition_, payload_, context_, std::move(around), items_);
  }

 private:
  void read_composition() {
    const auto bundle_id = read_identifier(payload_.root()["identifier"]);
    if (bundle_id) around_.record_id = *bundle_id;
    if (!bundle_id) append_remark(faults_, "identifier: not readable");
    const auto subject = read_fhir_subject(composition_, "subject", payload_);
    if (subject) around_.subject = *subject;
    if (!subject) append_remark(faults_, "Composition.subject: not readable");
    read_time_around();
    read_sections();
    append_remark(around_.text, progress());
    remark_faults();
    append_remark(around_.text, faults_);
    around_.always_an_event = true;
  }

  // Where the finding has no time: the start of the first step, else when the document was made.
  void read_time_around() {
    const auto try_time = [&](JsonValue object, std::string_view key) {
      if (around_.time) return;
      if (const auto time = read_time(object, key, context_.zone)) around_.time = time->time;
    };
    for (const JsonValue event : composition_["event"]) try_time(event["period"], "start");
    try_time(composition_, "date");
    try_time(payload_.root(), "timestamp");
  }

  // What people wrote (1, 1.1, 1.2, 1.3). What a system compiled (2) repeats the alarm, except its place, which stands
  // nowhere else (INFERRED from the sample: "Alarm location", "Siste kjente sted: ...").
  void read_sections() {
    for (const JsonValue section : composition_["section"]) {
      const auto div = section["text"]["div"].text();
      if (!div) continue;
      const std::string text = plain_text(*div);
      const auto title = section["title"].text();
      if (title && names_a_place(*title) && around_.location.empty()) {
        around_.location = text;
      } else if (!has_coding(section["code"], section_system, "2")) {
        append_remark(around_.text, text);
      }
    }
  }

  std::string progress() const {
    std::string words;
    for (const JsonValue event : composition_["event"])
      for (const JsonValue code : event["code"])
        for (const Step& step : steps)
          if (has_coding(code, event_system, step.code)) {
            words = "at the sender " + std::string(step.word);
            const auto start = event["period"]["start"].text();
            if (start && fhir::DateTime::parse(*start)) words += " " + std::string(*start);
          }
    return words;
  }

  // Faults of the published sample: read past, and said.
  void remark_faults() {
    if (!vkp_alert_code_of(composition_["type"]).empty())
      append_remark(faults_, "Composition.type holds the alert code");
    for (const JsonValue entry : payload_.entries()) {
      const JsonValue resource = payload_.resource_of(entry);
      if (resource["resourceType"].text() != "Device") continue;
      for (const JsonValue identifier : resource["identifier"])
        if (identifier["value"].text() == std::string_view()) append_remark(faults_, "Device.identifier without value");
    }
    if (around_.subject.patient && !fhir::is_national_id_system(around_.subject.patient->system))
      append_remark(faults_, "the patient is not named by a national number");
  }

  AlertSurroundings surroundings() const {
    AlertSurroundings around = around_;
    // The number of the document is that of its first finding.
    if (issues_ > 0 && !around.record_id.empty()) around.record_id += "/" + std::to_string(issues_);
    return around;
  }

  Draft about_the_patient() const {
    Draft draft;
    draft.reading.subject = around_.subject;
    return draft;
  }

  const FhirPayload& payload_;
  const Context& context_;
  std::vector<Item>& items_;
  JsonValue composition_;
  AlertSurroundings around_{};
  std::string faults_;
  std::size_t issues_ = 0;
  std::size_t accompanying_ = 0;
};

}  // namespace

fhir::Result<Decoded> decode_vkp(std::string_view bytes, const Context& context) {
  if (const auto parsed = context.scratch.reparse(bytes); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  const auto payload = FhirPayload::read(root);
  if (!payload) return payload.error();
  if (root["type"].text() != "document") return fhir::invalid("type: expected a Bundle of type document");
  Decoded decoded;
  DocumentReader reader(*payload, context, decoded.items);
  for (const JsonValue entry : payload->entries()) {
    reader.read(entry);
    if (decoded.items.size() > most_items) return too_many_items();
  }
  reader.finish();
  return decoded;
}

}  // namespace adapters
