// Uploads of the HL7 Personal Health Device guide (HL7/phd: CoincidentTimeStamp, BITsEnumerationObservationProfile,
// NumericObservationProfile): FHIR R4 Observations a gateway made of IEEE 11073-20601 devices. They are read as any
// Observation is; what the guide adds is about the device:
// - A coincident time stamp tells how the device's clock stood against the gateway's. A reading that refers to one
//   without value was measured on an earlier time line of the device: with a time it is marked uncertain, without one
//   it is what the guide discards and is held.
// - What a device says of its measurement (status bits) stands in an Observation beside the reading; the reading carries the
//   bits that are set as interpretations, and their names in words.
#include "adapters/phd.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <unordered_map>

#include "adapters/device_status.hpp"
#include "adapters/fhir_resources.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

constexpr std::string_view coincident_reference =
    "http://hl7.org/fhir/uv/phd/StructureDefinition/CoincidentTimeStampReference";

// Time as the device's clock gives it: absolute, base offset, relative, high-resolution relative
// (PhdCoincidentTimeStampObservation, comment on code.coding).
constexpr std::array<std::string_view, 4> clock_codes = {"67975", "68226", "67983", "68072"};

// About the device or about how a reading came to be, and no reading: battery charge, signal quality, and the context
// codes of a glucose meter (meal, tester, ...; partition 128).
bool is_about_the_device(std::string_view code) {
  static constexpr std::array<std::string_view, 3> listed = {"67996", "150320", "8417864"};
  return std::find(listed.begin(), listed.end(), code) != listed.end();
}

std::string_view mdc_code(JsonValue resource) {
  for (const JsonValue coding : resource["code"]["coding"]) {
    const auto code = coding["code"].text();
    if (code && coding["system"].text() == fhir::mdc) return *code;
  }
  return {};
}

bool is_clock(std::string_view code) {
  return std::find(clock_codes.begin(), clock_codes.end(), code) != clock_codes.end();
}

// The bits that are set: components whose value is "Y" (v2-0136).
void add_set_bits(JsonValue resource, std::vector<fhir::Interpretation>& set) {
  for (const JsonValue component : resource["component"]) {
    if (!has_coding(component["valueCodeableConcept"], "http://terminology.hl7.org/CodeSystem/v2-0136", "Y")) continue;
    for (const JsonValue coding : component["code"]["coding"]) {
      const auto code = coding["code"].text();
      if (auto bit = code ? status_bit(*code) : std::nullopt) set.push_back(std::move(*bit));
    }
  }
}

// One measurement of a device: what it measured and what it says about itself share device and instant.
std::string device_and_time(JsonValue resource) {
  const auto device = resource["device"]["reference"].text();
  const auto time = resource["effectiveDateTime"].text();
  return device && time ? std::string(*device) + " " + std::string(*time) : std::string();
}

class UploadReader {
 public:
  UploadReader(const FhirPayload& payload, const Context& context, std::vector<Item>& items)
      : payload_(payload), context_(context), items_(items) {
    for (const JsonValue entry : payload.entries()) {
      const JsonValue resource = payload.resource_of(entry);
      const std::string measured = device_and_time(resource);
      if (!measured.empty() && is_device_status(mdc_code(resource))) add_set_bits(resource, status_of_[measured]);
    }
  }

  void read(JsonValue entry) {
    const JsonValue resource = payload_.resource_of(entry);
    const auto type = resource["resourceType"].text();
    if (type == "Observation") return read_observation(resource);
    if (type && only_accompanies(*type)) {
      ++accompanying_;
      return;
    }
    Draft draft;
    if (type) {
      draft.hold(QuarantineReason::unknown_kind, resource.path() + ": expected an Observation");
    } else {
      draft.hold(QuarantineReason::undecodable, entry.path() + ": expected an Observation");
    }
    items_.push_back(std::move(draft).item());
  }

  std::size_t accompanying() const { return accompanying_; }

 private:
  void read_observation(JsonValue resource) {
    const std::string_view code = mdc_code(resource);
    if (is_clock(code)) return ignore("a time stamp of the device's clock");
    if (is_device_status(code)) return ignore("status of the device");
    if (is_about_the_device(code)) return ignore("about the device and no reading");
    Draft draft;
    draft.reading.origin = Origin::automatic;
    if (const auto status = status_of_.find(device_and_time(resource)); status != status_of_.end())
      add_status(status->second, draft.reading);
    weigh_clock(resource, draft);
    read_fhir_observation(resource, payload_, context_, std::move(draft), items_);
  }

  static void add_status(const std::vector<fhir::Interpretation>& bits, Measurement& reading) {
    std::string words;
    for (const fhir::Interpretation& bit : bits) {
      words.append(words.empty() ? "" : ", ").append(bit.display);
      add_interpretation(reading, bit);
    }
    if (!words.empty()) append_remark(reading.note, "device status: " + words);
  }

  void weigh_clock(JsonValue resource, Draft& draft) const {
    for (const JsonValue extension : resource["extension"]) {
      if (extension["url"].text() != coincident_reference) continue;
      const JsonValue stamp = payload_.referenced(extension["valueReference"], resource);
      if (stamp["dataAbsentReason"].is_null()) {
        note_correction(stamp, draft);
        continue;
      }
      // The guide lets a gateway upload such a reading only with a time the device had from outside, or without any. A
      // reading without time is discarded by the guide; here it waits, because nothing disappears.
      append_remark(draft.reading.note, "the device's clock was changed after this was measured");
      draft.reading.time_uncertain = true;
      if (resource["effectiveDateTime"].is_null() && resource["effectivePeriod"].is_null())
        draft.hold(QuarantineReason::undecodable,
                   resource.path() + ": discarded by the rules of the guide, its time is of no known clock");
    }
  }

  // The gateway has moved the reading to its own time line already; how far is worth knowing.
  static void note_correction(JsonValue stamp, Draft& draft) {
    const auto device = stamp["valueDateTime"].text();
    const auto gateway = stamp["effectiveDateTime"].text();
    if (!device || !gateway) return;
    const auto device_time = fhir::DateTime::parse(*device);
    const auto gateway_time = fhir::DateTime::parse(*gateway);
    if (!device_time || !gateway_time || device_time->utc == gateway_time->utc) return;
    const auto behind = std::chrono::duration_cast<std::chrono::seconds>(gateway_time->utc - device_time->utc).count();
    append_remark(draft.reading.note, "the device's clock was " + std::to_string(std::abs(behind)) + " s " +
                                          (behind < 0 ? "ahead" : "behind"));
  }

  void ignore(std::string note) { items_.push_back(Ignored{IgnoreReason::not_a_reading, std::move(note)}); }

  const FhirPayload& payload_;
  const Context& context_;
  std::vector<Item>& items_;
  std::unordered_map<std::string, std::vector<fhir::Interpretation>> status_of_;
  std::size_t accompanying_ = 0;
};

}  // namespace

fhir::Result<Decoded> decode_phd(std::string_view bytes, const Context& context) {
  if (const auto parsed = context.scratch.reparse(bytes); !parsed) return parsed.error();
  const auto payload = FhirPayload::read(context.scratch.root());
  if (!payload) return payload.error();
  if (!payload->is_bundle() && payload->root()["resourceType"].text() != "Observation")
    return fhir::invalid("resourceType: expected an Observation or a Bundle");
  Decoded decoded;
  UploadReader reader(*payload, context, decoded.items);
  for (const JsonValue entry : payload->entries()) {
    reader.read(entry);
    if (decoded.items.size() > most_items) return too_many_items();
  }
  answer_for_accompanying(reader.accompanying(), decoded.items);
  return decoded;
}

}  // namespace adapters
