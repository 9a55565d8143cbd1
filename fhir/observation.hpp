// Observation as it is served: rendering in two halves. The body needs only the reading and is made before the committer; the
// head needs what the commit decides (id, version, patient) and is put in front of it. Together one JSON object.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fhir/decimal.hpp"
#include "fhir/kinds.hpp"
#include "fhir/quality.hpp"
#include "fhir/stated.hpp"
#include "fhir/time.hpp"

namespace fhir {

inline constexpr std::string_view observation_identifier_system = "urn:hjemport:reading";
inline constexpr std::string_view device_identifier_system = "urn:hjemport:device";
// On Observation.device: what a recall of a firmware version or a batch goes by. Ours; R4's reference has no place for either.
inline constexpr std::string_view device_firmware_extension = "urn:hjemport:device-firmware";
inline constexpr std::string_view device_batch_extension = "urn:hjemport:device-batch";
inline constexpr std::string_view alarm_identifier_system = "urn:hjemport:alarm";

struct ObservationValue {
  Kind kind{};
  Decimal value;                 // canonical unit
  std::string_view unit;         // UCUM
  std::string_view comparator;   // "", "<", "<=", ">=", ">"
  AbsentReason absent{};         // a component without value: why
};

struct ObservationBody {
  std::string_view identifier;   // our opaque value, system observation_identifier_system
  Kind kind{};
  DateTime effective;
  std::optional<ObservationValue> value;       // ValueType::quantity
  std::string_view text;                       // ValueType::ordinal and text: valueString / the coded ordinal's text
  std::span<const ObservationValue> components;
  AbsentReason absent{};                       // why there is no value; nothing of the three above is given then
  std::span<const Interpretation> interpretations;
  std::string_view device_id;                  // our Device id; empty: no device known
  std::string_view device_identifier;          // the vendor's device id as given
  std::string_view device_model;
  std::string_view device_firmware, device_batch;  // empty: not said
  bool manual = false;                         // typed by a person (VKP: note; no method code for it exists)
  bool automatic = false;
  bool time_uncertain = false;
  std::string_view note;
  // As sent, kept beside the canonical value when a unit was converted: "178.2 [lb_av]".
  std::string_view as_sent;
  const Stated* stated = nullptr;  // of a reading of no kind of ours: codes, categories and values; `kind` is unknown
  std::string_view extensions;     // JSON objects with commas between
  std::string_view members;        // further members as JSON, each with a comma before it
};
// The members between the head and the closing brace, without leading comma; LOINC first in every code.
std::string observation_body(const ObservationBody&);

struct ObservationHead {
  std::string_view id;
  std::uint32_t version = 1;
  Time last_updated{};
  std::string_view status;              // final, amended, entered-in-error
  Kind kind{};                          // for meta.profile
  std::string_view patient_id;          // our Patient id
  std::string_view patient_system, patient_value;  // identifier; empty when the patient has none
  std::string_view organization;        // organisation number of the responsible municipality or trust (performer)
  std::string_view organization_name;
  bool test_data = false;               // meta.security HTEST: made up to see whether the way works
};
void append_observation(std::string& out, const ObservationHead&, std::string_view body);
// The body of a resource made by append_observation, to put another head in front of it; empty when it is none of ours.
std::string_view observation_body_of(std::string_view resource);
// Our identifier in a body, and the same body with another one.
std::string_view observation_identifier_of(std::string_view body);
std::string with_observation_identifier(std::string_view body, std::string_view identifier);

}  // namespace fhir
