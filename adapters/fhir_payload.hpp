// What one FHIR R4 payload holds, and who in it refers to whom: shared by the adapters fhir, phd and vkp. Reading is
// lenient where a published sample of a vendor breaks FHIR (empty identifier values, references by any spelling); what
// is tolerated never decides whose reading it is.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapters/draft.hpp"

namespace adapters {

class FhirPayload {
 public:
  // A Bundle, or one resource. The error: neither, or a Bundle that answers a request and so holds no new data.
  static fhir::Result<FhirPayload> read(fhir::JsonValue root);

  fhir::JsonValue root() const { return root_; }
  bool is_bundle() const { return bundle_; }
  // The entries of the Bundle, or the resource itself.
  const std::vector<fhir::JsonValue>& entries() const { return entries_; }
  // The resource of an entry; absent when it has none.
  fhir::JsonValue resource_of(fhir::JsonValue entry) const { return bundle_ ? entry["resource"] : entry; }

  // What a Reference inside `holder` points at: contained ("#a"), by fullUrl, or by "Type/id". Absent when it is
  // elsewhere.
  fhir::JsonValue referenced(fhir::JsonValue reference, fhir::JsonValue holder) const;

 private:
  fhir::JsonValue root_;
  bool bundle_ = false;
  std::vector<fhir::JsonValue> entries_;
  std::unordered_map<std::string, fhir::JsonValue> by_name_;
};

// Resources that only say something about others (who, with what, where): parts of items, no items of their own.
bool only_accompanies(std::string_view resource_type);
// What accompanies no item at all must not vanish without a word: `count` such resources, if `items` is empty.
void answer_for_accompanying(std::size_t count, std::vector<Item>& items);

bool has_coding(fhir::JsonValue concept_value, std::string_view system, std::string_view code);
// meta.security HTEST (v3-ActReason): test data, also what a device in demonstration mode sends (HL7 PHD).
bool is_test_data(fhir::JsonValue resource);

// "system|value" of the first Identifier that has a value, of one or of an array; empty when there is none. The value
// alone where no system is given.
fhir::Result<std::string> read_identifier(fhir::JsonValue identifiers);

// Whom a Reference means: a national number if there is one anywhere (it places the item by itself), else the first
// usable identifier, else the reference as it is written.
fhir::Result<Subject> read_fhir_subject(fhir::JsonValue holder, std::string_view key, const FhirPayload&);
fhir::Result<Device> read_fhir_device(fhir::JsonValue holder, std::string_view key, const FhirPayload&);

// The member value[x] that is there; several are a fault of the sender. Null is nothing.
std::vector<fhir::JsonValue> values_of(fhir::JsonValue object);

// CodeableConcept.text, else the first display.
std::string concept_text(fhir::JsonValue concept_value);

void append_remark(std::string& remarks, std::string_view remark);

}  // namespace adapters
