#include "adapters/adapter.hpp"

#include <algorithm>
#include <array>

#include "adapters/apple_health.hpp"
#include "adapters/dexcom.hpp"
#include "adapters/fhir.hpp"
#include "adapters/fitbit.hpp"
#include "adapters/garmin.hpp"
#include "adapters/google_health.hpp"
#include "adapters/hjemport.hpp"
#include "adapters/hl7v2.hpp"
#include "adapters/ihealth.hpp"
#include "adapters/libreview.hpp"
#include "adapters/medication.hpp"
#include "adapters/nightscout.hpp"
#include "adapters/open_mhealth.hpp"
#include "adapters/opentele.hpp"
#include "adapters/oura.hpp"
#include "adapters/phd.hpp"
#include "adapters/polar.hpp"
#include "adapters/scaip.hpp"
#include "adapters/senml.hpp"
#include "adapters/supervision.hpp"
#include "adapters/telli.hpp"
#include "adapters/terra.hpp"
#include "adapters/validic.hpp"
#include "adapters/vkp.hpp"
#include "adapters/withings.hpp"

namespace adapters {
namespace {

constexpr std::array<std::string_view, 1> json = {"application/json"};
constexpr std::array<std::string_view, 2> xml = {"application/xml", "text/xml"};
constexpr std::array<std::string_view, 1> csv = {"text/csv"};
// Withings notifies with a form.
constexpr std::array<std::string_view, 2> json_or_form = {"application/json", "application/x-www-form-urlencoded"};
constexpr std::array<std::string_view, 2> fhir_json = {"application/json", "application/fhir+json"};
// The published client of the hub sets no media type, and its library then says text/plain (norway.md 2.1).
constexpr std::array<std::string_view, 3> vkp_json = {"application/json", "application/fhir+json", "text/plain"};
// As HAPI's HL7 over HTTP names it, and what senders do that know of no such name.
constexpr std::array<std::string_view, 4> hl7_er7 = {"application/hl7-v2", "application/hl7-v2+er7",
                                                     "x-application/hl7-v2+er7", "text/plain"};
constexpr std::array<std::string_view, 2> senml_json = {"application/json", "application/senml+json"};
constexpr std::array<std::string_view, 3> scaip_xml = {"application/scaip+xml", "application/xml", "text/xml"};

const std::array registry = std::to_array<Adapter>({
    {"apple-health", decode_apple_health, xml},
    {"dexcom", decode_dexcom, json},
    {"fhir", decode_fhir, fhir_json},
    {"fitbit", decode_fitbit, json},
    {"garmin", decode_garmin, json},
    {"google-health", decode_google_health, json},
    {"hjemport", decode_hjemport, json},
    {"hl7v2", decode_hl7v2, hl7_er7, acknowledge_hl7v2},
    {"ihealth", decode_ihealth, json},
    {"libreview", decode_libreview, csv},
    {"medication", decode_medication, json},
    {"nightscout", decode_nightscout, json},
    {"open-mhealth", decode_open_mhealth, json},
    {"opentele", decode_opentele, json},
    {"oura", decode_oura, json},
    {"phd", decode_phd, fhir_json},
    {"polar", decode_polar, json},
    {"scaip", decode_scaip, scaip_xml, answer_scaip},
    {"senml", decode_senml, senml_json},
    {"supervision", decode_supervision, json},
    {"telli", decode_telli, json},
    {"terra", decode_terra, json},
    {"validic", decode_validic, json},
    {"vkp", decode_vkp, vkp_json},
    {"withings", decode_withings, json_or_form},
});

}  // namespace

std::span<const Adapter> all_adapters() {
  return registry;
}

const Adapter* adapter_named(std::string_view name) {
  const auto found =
      std::find_if(registry.begin(), registry.end(), [&](const Adapter& each) { return each.name == name; });
  return found == registry.end() ? nullptr : &*found;
}

}  // namespace adapters
