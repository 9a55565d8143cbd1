// Any FHIR R4 upload: one resource, or a Bundle of them. Observation, QuestionnaireResponse and DetectedIssue become
// items; resources that only say something about those (Patient, Device ...) are read where they are referred to.
#include "adapters/fhir.hpp"

#include <algorithm>
#include <array>

#include "adapters/fhir_detected_issue.hpp"
#include "adapters/fhir_resources.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

// R4 resources a home-monitoring sender may put beside its readings and nothing is done with.
constexpr std::array<std::string_view, 16> not_readings = {"MedicationDispense",
                                                           "MedicationStatement",
                                                           "MedicationRequest",
                                                           "MedicationAdministration",
                                                           "Condition",
                                                           "CarePlan",
                                                           "Goal",
                                                           "ServiceRequest",
                                                           "DiagnosticReport",
                                                           "DocumentReference",
                                                           "Binary",
                                                           "Media",
                                                           "Communication",
                                                           "Consent",
                                                           "Flag",
                                                           "Task"};

class EntryReader {
 public:
  EntryReader(const FhirPayload& payload, const Context& context, std::vector<Item>& items)
      : payload_(payload), context_(context), items_(items) {}

  void read(JsonValue entry) {
    const JsonValue resource = payload_.resource_of(entry);
    if (payload_.is_bundle() && ended_by_request(entry, resource)) return;
    const auto type = resource["resourceType"].text();
    if (!type) return hold(QuarantineReason::undecodable, place(entry) + "resourceType: expected a FHIR resource");
    if (*type == "Observation") {
      read_fhir_observation(resource, payload_, context_, {}, items_);
    } else if (*type == "QuestionnaireResponse") {
      read_fhir_questionnaire_response(resource, payload_, context_, {}, items_);
    } else if (*type == "DetectedIssue") {
      read_fhir_detected_issue(resource, payload_, context_, {}, items_);
    } else if (only_accompanies(*type)) {
      ++accompanying_;
    } else if (std::find(not_readings.begin(), not_readings.end(), *type) != not_readings.end()) {
      items_.push_back(Ignored{IgnoreReason::not_a_reading, std::string(*type)});
    } else {
      hold(QuarantineReason::unknown_kind, place(entry) + "resourceType: unknown type " + quoted_word(*type));
    }
  }

  std::size_t accompanying() const { return accompanying_; }

 private:
  // Requests that bring nothing: a deletion names what it withdraws by the sender's id only.
  bool ended_by_request(JsonValue entry, JsonValue resource) {
    const auto method = entry["request"]["method"].text();
    if (!resource.is_null() || !method) return false;
    if (*method == "DELETE") {
      items_.push_back(Ignored{IgnoreReason::cancelled, entry.path() + ": DELETE"});
    } else if (*method == "GET" || *method == "HEAD") {
      items_.push_back(Ignored{IgnoreReason::not_a_reading, entry.path() + ": a request to read"});
    } else {
      return false;
    }
    return true;
  }

  std::string place(JsonValue entry) const { return payload_.is_bundle() ? member_path(entry, "resource.") : ""; }

  void hold(QuarantineReason reason, std::string note) {
    Draft draft;
    draft.hold(reason, std::move(note));
    items_.push_back(std::move(draft).item());
  }

  const FhirPayload& payload_;
  const Context& context_;
  std::vector<Item>& items_;
  std::size_t accompanying_ = 0;
};

}  // namespace

fhir::Result<Decoded> decode_fhir(std::string_view bytes, const Context& context) {
  if (const auto parsed = context.scratch.reparse(bytes); !parsed) return parsed.error();
  const auto payload = FhirPayload::read(context.scratch.root());
  if (!payload) return payload.error();
  Decoded decoded;
  EntryReader reader(*payload, context, decoded.items);
  for (const JsonValue entry : payload->entries()) {
    reader.read(entry);
    // An Observation may hold many components, so the entries alone do not bound the items.
    if (decoded.items.size() > most_items) return too_many_items();
  }
  answer_for_accompanying(reader.accompanying(), decoded.items);
  return decoded;
}

}  // namespace adapters
