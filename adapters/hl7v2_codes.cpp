#include "adapters/hl7v2_codes.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "adapters/draft.hpp"
#include "adapters/fhir_payload.hpp"
#include "adapters/mdc_units.hpp"

namespace adapters {
namespace {

using fhir::Kind;

// What monitors and cuffs send beside the codes the table of kinds has (codes.md 1.3, 2.2; vendors.md D.3).
struct MdcName {
  std::string_view code, reference_id, kind;
  bool site = false;  // the reference id says where it was measured, which is worth keeping
};
constexpr auto mdc_names = std::to_array<MdcName>({
    {"149546", "MDC_PULS_RATE_NON_INV", "pulse-rate"},
    {"147842", "MDC_ECG_HEART_RATE", "heart-rate"},
    {"151570", "MDC_AWAY_RESP_RATE", "respiratory-rate"},
    {"151658", "MDC_PULS_OXIM_PLETH_RESP_RATE", "respiratory-rate"},  // C; the name INFERRED
    {"150301", "MDC_PRESS_CUFF_SYS", "systolic"},                     // C
    {"150302", "MDC_PRESS_CUFF_DIA", "diastolic"},                    // INFERRED
    {"150303", "MDC_PRESS_CUFF_MEAN", "mean-arterial-pressure"},      // C
    {"150488", "MDC_BLD_PERF_INDEX", "perfusion-index"},              // C
    {"160364", "MDC_CONC_GLU_UNDETERMINED_WHOLEBLOOD", "blood-glucose"},
    {"188424", "MDC_TEMP_ORAL", "body-temperature", true},
    {"188420", "MDC_TEMP_RECT", "body-temperature", true},
    {"188428", "MDC_TEMP_EAR", "body-temperature", true},
    {"150392", "MDC_TEMP_TYMP", "body-temperature", true},
    {"188452", "MDC_TEMP_AXILLA", "body-temperature", true},
});

constexpr std::array<std::string_view, 4> control_codes = {"160208", "160372", "160376", "160380"};

// Status of the device's sensors, meal and tester of a glucose meter, battery, signal quality (vendors.md D.2).
constexpr std::array<std::string_view, 4> status_codes = {"8410608", "150604", "8417752", "8417864"};

enum class System : std::uint8_t { unstated, mdc, loinc, npu, snomed, other };

System system_of(std::string_view name) {
  struct Name {
    std::string_view name;
    System system;
  };
  static constexpr auto names = std::to_array<Name>({{"", System::unstated},
                                                     {"MDC", System::mdc},
                                                     {"2.16.840.1.113883.6.24", System::mdc},
                                                     {"LN", System::loinc},
                                                     {"LOINC", System::loinc},
                                                     {"2.16.840.1.113883.6.1", System::loinc},
                                                     {"NPU", System::npu},
                                                     {"NLK", System::npu},
                                                     {"2.16.578.1.12.4.1.1.7280", System::npu},
                                                     {"SCT", System::snomed},
                                                     {"SNM3", System::snomed},
                                                     {"SNOMED-CT", System::snomed},
                                                     {"2.16.840.1.113883.6.96", System::snomed}});
  const auto known = std::find_if(names.begin(), names.end(), [&](const Name& each) { return each.name == name; });
  return known == names.end() ? System::other : known->system;
}

std::string_view uri_of(System system) {
  switch (system) {
    case System::loinc:
      return fhir::loinc;
    case System::npu:
      return fhir::npu;
    case System::snomed:
      return fhir::snomed;
    default:
      return fhir::mdc;
  }
}

Kind kind_of_number(std::string_view code) {
  const auto known = std::find_if(mdc_names.begin(), mdc_names.end(), [&](const MdcName& each) { return each.code == code; });
  return known == mdc_names.end() ? fhir::kind_coded(fhir::mdc, code) : fhir::kind_named(known->kind);
}

Kind kind_of_reference_id(std::string_view reference_id) {
  const auto known = std::find_if(mdc_names.begin(), mdc_names.end(),
                                  [&](const MdcName& each) { return each.reference_id == reference_id; });
  if (known != mdc_names.end()) return fhir::kind_named(known->kind);
  for (const fhir::KindInfo& info : fhir::all_kinds())
    for (const fhir::Code& coding : info.codings)
      if (coding.system == fhir::mdc && coding.display == reference_id) return info.kind;
  return Kind::unknown;
}

bool names_site(std::string_view reference_id) {
  return std::any_of(mdc_names.begin(), mdc_names.end(),
                     [&](const MdcName& each) { return each.site && each.reference_id == reference_id; });
}

// Partition 1 is the object infrastructure (attributes, clocks, containers), 3 alerts and events, 8 the communication
// infrastructure (device specialisations, synchronisation).
bool is_about_device(std::string_view code, std::string_view reference_id) {
  for (const std::string_view start : {"MDC_ATTR_", "MDC_DEV_", "MDC_TIME_", "MDC_REG_", "MDC_EVT_", "MDC_ID_"})
    if (reference_id.starts_with(start)) return true;
  if (std::find(status_codes.begin(), status_codes.end(), code) != status_codes.end()) return true;
  std::uint32_t number = 0;
  const auto [end, fault] = std::from_chars(code.data(), code.data() + code.size(), number);
  if (fault != std::errc{} || end != code.data() + code.size()) return false;
  const std::uint32_t partition = number >> 16;
  return partition == 1 || partition == 3 || partition == 8;
}

// Code, text and system; the alternate ones are components 4 to 6.
struct Triplet {
  std::string code, text;
  System system = System::unstated;
};

Triplet triplet(const Hl7Segment& segment, std::size_t field, std::size_t first) {
  Triplet found{segment.text(field, first), segment.text(field, first + 1), system_of(segment.text(field, first + 2))};
  if (found.system == System::unstated && found.text.starts_with("MDC_")) found.system = System::mdc;
  return found;
}

// Some senders write a private number, 0, or one of another code: the reference id is the word people chose, so it
// decides (vendors.md D.3). A reference id nobody knows beside a number that is known says that something else is meant.
Kind mdc_kind(const Triplet& triplet, Hl7Meaning& meaning) {
  const Kind by_number = kind_of_number(triplet.code);
  if (!triplet.text.starts_with("MDC_")) return by_number;
  const Kind by_name = kind_of_reference_id(triplet.text);
  if (names_site(triplet.text)) append_remark(meaning.remark, triplet.text);
  if (by_name == by_number) return by_name;
  if (by_name == Kind::unknown) {
    meaning.contradictory = true;
    return by_name;
  }
  append_remark(meaning.remark, "the code's number is not that of its reference id " + triplet.text);
  return by_name;
}

Kind kind_of(const Triplet& triplet, const std::vector<Alias>& aliases, Hl7Meaning& meaning) {
  if (triplet.system == System::mdc) return mdc_kind(triplet, meaning);
  if (triplet.system != System::unstated && triplet.system != System::other)
    return fhir::kind_coded(uri_of(triplet.system), triplet.code);
  const auto alias =
      std::find_if(aliases.begin(), aliases.end(), [&](const Alias& each) { return each.word == triplet.code; });
  return alias == aliases.end() ? Kind::unknown : alias->kind;
}

bool is_control(const Triplet& triplet) {
  return triplet.system == System::mdc &&
         (triplet.text.starts_with("MDC_CONC_GLU_CONTROL") ||
          std::find(control_codes.begin(), control_codes.end(), triplet.code) != control_codes.end());
}

// 8867-4 means any of the two; beside a code of a pulse it is a pulse.
Kind both(Kind a, Kind b, Hl7Meaning& meaning) {
  const Kind heart = fhir::kinds().heart_rate, pulse = fhir::kinds().pulse_rate;
  if (a == Kind::unknown || a == b) return b;
  if (b == Kind::unknown) return a;
  if ((a == heart && b == pulse) || (a == pulse && b == heart)) return pulse;
  meaning.contradictory = true;
  return Kind::unknown;
}

}  // namespace

Hl7Meaning hl7_meaning(const Hl7Segment& obx, const std::vector<Alias>& aliases) {
  Hl7Meaning meaning;
  const Triplet main = triplet(obx, 3, 1), alternate = triplet(obx, 3, 4);
  meaning.control_solution = is_control(main) || is_control(alternate);
  const Kind first = kind_of(main, aliases, meaning), second = kind_of(alternate, aliases, meaning);
  meaning.kind = both(first, second, meaning);
  if (meaning.contradictory) meaning.kind = Kind::unknown;
  meaning.about_device =
      meaning.kind == Kind::unknown && main.system == System::mdc && is_about_device(main.code, main.text);
  // The longest code there is has nine digits (SNOMED CT); a reference id is a word.
  meaning.shown = quoted_word(main.text.starts_with("MDC_") ? main.text : main.code);
  return meaning;
}

namespace {

std::string unit_of(const Triplet& triplet, std::string& remark) {
  const std::string_view by_number = ucum_of_mdc_unit(triplet.code);
  const std::string_view by_name = ucum_of_mdc_unit_name(triplet.text);
  if (triplet.system != System::mdc) return triplet.code.empty() ? triplet.text : triplet.code;
  if (!by_name.empty()) {
    if (by_name != by_number) append_remark(remark, "the unit's number is not that of its reference id");
    return std::string(by_name);
  }
  // As above: a name nobody knows means another unit than the number does. MDC_DIM_X_G is a name for gram, kilogram and
  // all others of the family; there the number says which.
  if (!by_number.empty() && (!triplet.text.starts_with("MDC_") || triplet.text.starts_with("MDC_DIM_X_"))) return std::string(by_number);
  return triplet.text.empty() ? triplet.code : triplet.text;
}

}  // namespace

Hl7Unit hl7_unit(const Hl7Segment& obx) {
  Hl7Unit unit;
  Triplet main = triplet(obx, 6, 1);
  if (main.code.empty() && main.text.empty()) main = triplet(obx, 6, 4);
  unit.unit = unit_of(main, unit.remark);
  return unit;
}

}  // namespace adapters
