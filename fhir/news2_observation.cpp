#include "fhir/news2_observation.hpp"

#include <array>

#include "fhir/json_writer.hpp"
#include "fhir/observation.hpp"

namespace fhir {
namespace {

struct PartCode {
  std::string_view code, display;
};
// VKP's example has scale 2 only; 1104311000000102 for scale 1 is from UK sources (codes.md), legal because the profile leaves
// components open.
constexpr PartCode saturation_scale_1{"1104311000000102", "Oxygen saturation scale 1 score"};
constexpr std::array<PartCode, 7> codes{{{"1104301000000104", "Respiration rate score"},
                                         {"1104321000000108", "Oxygen saturation scale 2 score"},
                                         {"1104331000000105", "Air or oxygen score"},
                                         {"1104341000000101", "Systolic blood pressure score"},
                                         {"1104351000000103", "Pulse score"},
                                         {"1104361000000100", "Consciousness score"},
                                         {"1104371000000107", "Temperature score"}}};

}  // namespace

std::string news2_body(const News2Result& result) {
  std::string members;
  {
    std::string array;
    JsonWriter writer(array);
    writer.begin_array();
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const PartCode& code = i == 1 && result.scale == 1 ? saturation_scale_1 : codes[i];
      writer.begin_object().key("code").begin_object().key("coding").begin_array().begin_object();
      writer.member("system", snomed).member("code", code.code).end_object().end_array().member("text", code.display).end_object();
      writer.key("valueQuantity").begin_object().member("value", std::int64_t{result.parts[i].score}).end_object();
      writer.key("interpretation").begin_array().begin_object().member("text", result.parts[i].text).end_object().end_array();
      writer.end_object();
    }
    writer.end_array();
    members += ",\"component\":" + array;
  }
  std::string derived;
  JsonWriter writer(derived);
  writer.begin_array();
  for (const std::string& id : result.derived_from) writer.begin_object().member("reference", "Observation/" + id).end_object();
  writer.end_array();
  members += ",\"derivedFrom\":" + derived;

  ObservationBody body;
  body.identifier = result.identifier;
  body.kind = kinds().news2;
  body.effective = result.effective;
  // VKP: the total without unit.
  body.value = ObservationValue{kinds().news2, Decimal(result.total, 0), {}, {}, {}};
  body.note = result.scale == 2 ? "Computed from the readings in derivedFrom, SpO2 scale 2" : "Computed from the readings in derivedFrom, SpO2 scale 1";
  body.members = members;
  return observation_body(body);
}

}  // namespace fhir
