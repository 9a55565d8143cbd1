// An alert is always read as far as it can be: whatever is wrong with it is said in its text, and the rest goes to a
// person (invariant 5). The published sample of the national hub codes a safety alarm 7, which is the nurse call
// system; the code is kept and the words are held against it (norway.md 2.5).
#include "adapters/fhir_detected_issue.hpp"

#include <algorithm>
#include <array>

#include "adapters/vendor_time.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

// Also with another version at its end: the codes were renumbered once and may be again.
constexpr std::string_view alert_system = "http://ehelse.no/fhir/CodeSystem/vkp-alert-code";

// Digital home follow-up: the readings and answers come by themselves, and what is missing our own rules find. A code
// below 5 that is not one of these is unknown, and goes to a person like any other.
constexpr std::array<std::string_view, 9> home_follow_up = {"5",     "5.1",   "5.2", "5.2.1", "5.2.2",
                                                             "5.2.3", "5.3", "5.3.1", "5.3.2"};

class IssueReader {
 public:
  IssueReader(JsonValue resource, const FhirPayload& payload, const Context& context, AlertSurroundings around)
      : resource_(resource),
        payload_(payload),
        context_(context),
        around_(std::move(around)),
        code_(around_.code.absent() ? resource["code"] : around_.code) {}

  Item read() {
    if (is_test_data(resource_)) return Ignored{IgnoreReason::not_a_reading, "meta.security: test data"};
    const auto status = resource_["status"].text();
    if (status == "cancelled" || status == "entered-in-error")
      return Ignored{IgnoreReason::cancelled, "status " + std::string(*status)};
    const std::string code = vkp_alert_code_of(code_);
    if (std::find(home_follow_up.begin(), home_follow_up.end(), code) != home_follow_up.end())
      return Ignored{IgnoreReason::not_a_reading, "alert code " + code + ": readings and answers come by themselves"};
    if (code.empty() && !around_.always_an_event) return held();
    return event(code);
  }

 private:
  Item event(const std::string& code) {
    Event event;
    const fhir::EventKind coded = fhir::event_coded(code);
    event.kind = coded == fhir::EventKind::unknown ? fhir::EventKind::technical : coded;
    // Whoever sends a finding asks for a person, also where a sensor that sends the same would only tell. A planned look
    // by camera is what staff did.
    event.alarm = event.kind != fhir::EventKind::planned_camera;
    event.record_id = record_id();
    event.subject = subject();
    // A Composition's author is who wrote it.
    if (around_.code.absent()) event.device = take(read_fhir_device(resource_, "author", payload_));
    if (event.subject.id.empty() && !event.subject.patient) event.subject.id = event.device.id;
    event.time_stands_in = !given_time();
    event.time = time();
    event.location = around_.location;
    event.text = words(code, coded);
    return event;
  }

  Item held() {
    Draft draft;
    draft.hold(QuarantineReason::unknown_kind,
               member_path(resource_, "code") + ": not an alert code of the national hub");
    draft.reading.record_id = record_id();
    draft.reading.subject = subject();
    if (const auto given = given_time()) draft.set_time(*given);
    return std::move(draft).item();
  }

  std::string record_id() {
    if (!around_.record_id.empty()) return around_.record_id;
    std::string id = take(read_identifier(resource_["identifier"]));
    if (!id.empty()) return id;
    id = take(read_id(resource_, "id"));
    return id.empty() ? id : "DetectedIssue/" + id;
  }

  Subject subject() {
    Subject subject = take(read_fhir_subject(resource_, "patient", payload_));
    return subject.id.empty() && !subject.patient ? around_.subject : subject;
  }

  std::optional<fhir::DateTime> given_time() const {
    if (const auto time = read_time(resource_, "identifiedDateTime", context_.zone)) return time->time;
    if (const auto time = read_time(resource_["identifiedPeriod"], "start", context_.zone)) return time->time;
    return around_.time;
  }

  // The time of arrival stands in for one that cannot be read: calling late is better than not calling.
  fhir::DateTime time() {
    if (const auto given = given_time()) return *given;
    append_remark(remarks_,
                  member_path(resource_, "identifiedDateTime") + ": not readable, the time of arrival stands in");
    return fhir::DateTime::from(context_.received, context_.zone.offset_at(context_.received),
                                fhir::Precision::fraction);
  }

  std::string words(const std::string& code, fhir::EventKind coded) {
    const std::string own = concept_text(code_);
    if (coded == fhir::EventKind::unknown)
      append_remark(remarks_, code.empty() ? "no alert code" : "unknown alert code " + quoted_word(code));
    if (code == "7" && own.find("Trygghetsalarm") != std::string::npos)
      append_remark(remarks_, "its words are those of 3, Trygghetsalarm");
    std::string text = own;
    append_remark(text, around_.text);
    if (const auto severity = resource_["severity"].text(); severity == "high" || severity == "moderate")
      append_remark(text, "severity " + std::string(*severity));
    if (const auto detail = resource_["detail"].text()) append_remark(text, printable(*detail));
    if (remarks_.empty()) return text;
    return text.empty() ? "(" + remarks_ + ")" : text + " (" + remarks_ + ")";
  }

  template <class T>
  T take(const fhir::Result<T>& read) {
    if (read) return *read;
    append_remark(remarks_, read.error().detail);
    return T{};
  }

  JsonValue resource_;
  const FhirPayload& payload_;
  const Context& context_;
  AlertSurroundings around_;
  JsonValue code_;
  std::string remarks_;
};

}  // namespace

std::string vkp_alert_code_of(JsonValue concept_value) {
  for (const JsonValue coding : concept_value["coding"]) {
    const auto system = coding["system"].text();
    // A number keeps its digits as they were written, so 1.10 stays 1.10.
    const JsonValue code = coding["code"];
    if (system && system->starts_with(alert_system) && (code.is_string() || code.is_number()))
      return std::string(code.scalar());
  }
  return {};
}

void read_fhir_detected_issue(JsonValue resource, const FhirPayload& payload, const Context& context,
                              AlertSurroundings around, std::vector<Item>& items) {
  items.push_back(IssueReader(resource, payload, context, std::move(around)).read());
}

}  // namespace adapters
