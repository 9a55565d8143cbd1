// The table. Behind each code stands how it was verified, by the keys of the code survey: V:R4 (HL7 FHIR R4 profile),
// V:R4ex (R4 example), V:VKP (HL7Norway/VkpObservation), V:ND (HL7Norway/no-domain), V:PHD (HL7/phd), V:ANT
// (signove/antidote), V:MJ and V:MII (public IEEE 11073-10101 tables), V:HDDT (gematik/spec-HDDT), V:HK
// (HealthKitOnFHIR), V:LHC (LHNCBC/flowsheet-lhc), V:UK (NHS guides), V:MED and V:KIH (Danish MedCom and KIH), C (two
// or more independent public files). Codes nobody could verify are not here. LOINC displays are Regenstrief's, MDC
// displays the reference ids of IEEE 11073-10101; SNOMED CT codes carry no display, since none was read from a release.
//
// What is left out on purpose:
// - NPU beside vital signs (NPU21692, NPU03804 ...): the sources are Danish and only laboratory codes are known to be
// in use
//   in Norwegian laboratories' NLK, the system we would have to write them under.
// - Any code whose unit or specimen is not ours: NPU02319 (haemoglobin in mmol/L), MDC 160220 (HbA1c in %), NPU10197
// and NPU03011
//   (oxygen saturation of drawn blood), NPU03794 (height in m).
// - MDC 147842 on heart-rate: it says "from an ECG", which a LOINC 8867-4 reading does not.
#include "fhir/kinds.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace fhir {
namespace {

struct Row {
  std::string_view name;
  std::string_view text;
  ValueType value = ValueType::quantity;
  std::string_view unit = {};
  std::string_view category = {};
  std::string_view core_profile = {};
  std::optional<Decimal> low = {}, high = {};
  int conversion_decimals = 0;
  std::array<Code, 5> codings = {};
  std::array<std::string_view, 3> components = {};
  std::span<const Answer> answers = {};
};

constexpr std::string_view vital_signs = "vital-signs";
constexpr std::string_view laboratory = "laboratory";
constexpr std::string_view procedure = "procedure";  // R4: "electrodiagnostics, etc.", so ECG, CTG and spirometry
constexpr std::string_view survey = "survey";        // fixed by VKP for NEWS2 and CFS
constexpr std::string_view activity = "activity";
constexpr std::string_view exam = "exam";

// ACVPU, the consciousness scale of NEWS2 (Royal College of Physicians, 2017). V:UK; "acute confusion" stands for the
// scale's "new confusion". VKP does not bind the value.
constexpr std::array<Answer, 5> acvpu = {{
    {"A", "Alert", {snomed, "248234008", ""}},
    {"C", "New confusion", {snomed, "130987000", ""}},
    {"V", "Responds to voice", {snomed, "300202002", ""}},
    {"P", "Responds to pain", {snomed, "450847001", ""}},
    {"U", "Unresponsive", {snomed, "422768004", ""}},
}};

constexpr ValueType quantity = ValueType::quantity;

// HL7's vital-sign profiles, FHIR R4.
constexpr std::string_view core_vitalsigns = "http://hl7.org/fhir/StructureDefinition/vitalsigns";
constexpr std::string_view core_oxygensat = "http://hl7.org/fhir/StructureDefinition/oxygensat";
constexpr std::string_view core_heartrate = "http://hl7.org/fhir/StructureDefinition/heartrate";
constexpr std::string_view core_bp = "http://hl7.org/fhir/StructureDefinition/bp";
constexpr std::string_view core_bodytemp = "http://hl7.org/fhir/StructureDefinition/bodytemp";
constexpr std::string_view core_bodyweight = "http://hl7.org/fhir/StructureDefinition/bodyweight";
constexpr std::string_view core_bodyheight = "http://hl7.org/fhir/StructureDefinition/bodyheight";
constexpr std::string_view core_bmi = "http://hl7.org/fhir/StructureDefinition/bmi";
constexpr std::string_view core_resprate = "http://hl7.org/fhir/StructureDefinition/resprate";

// Ranges are ours (codes.md 1.3, 2.2, 3): the widest believable value, never a clinical limit.
// One row is read as one block, so the table is laid out by hand.
// clang-format off
constexpr Row rows[] = {
    {.name = "unknown", .text = "Unknown", .value = ValueType::text},

    {.name = "oxygen-saturation", .text = "Oxygen saturation", .value = quantity, .unit = "%", .category = vital_signs,
     .core_profile = core_oxygensat, .low = Decimal(30), .high = Decimal(100), .conversion_decimals = 1,
     .codings = {{{loinc, "2708-6", "Oxygen saturation in Arterial blood"},                        // V:R4,VKP,ND,PHD
                  {loinc, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"},     // V:R4ex
                  {snomed, "431314004", ""},                                                       // V:VKP,ND
                  {mdc, "150456", "MDC_PULS_OXIM_SAT_O2"}}}},                                      // V:PHD,ANT,MJ

    {.name = "heart-rate", .text = "Heart rate", .value = quantity, .unit = "/min", .category = vital_signs,
     .core_profile = core_heartrate, .low = Decimal(20), .high = Decimal(300), .conversion_decimals = 0,
     .codings = {{{loinc, "8867-4", "Heart rate"},     // V:R4,VKP,ND,PHD
                  {snomed, "364075005", ""}}}},        // V:VKP,ND

    // The same LOINC code as heart-rate: only SNOMED CT and MDC tell them apart (norway.md 4.1). 149530 is the oximeter's term
    // and the one pulse-rate is known by; a cuff's own 149546 is read (see aliases).
    {.name = "pulse-rate", .text = "Pulse rate", .value = quantity, .unit = "/min", .category = vital_signs,
     .core_profile = core_heartrate, .low = Decimal(20), .high = Decimal(300), .conversion_decimals = 0,
     .codings = {{{loinc, "8867-4", "Heart rate"},                     // V:R4,ND,PHD
                  {snomed, "78564009", ""},                            // V:ND
                  {mdc, "149530", "MDC_PULS_OXIM_PULS_RATE"}}}},       // V:PHD,ANT,MJ

    {.name = "blood-pressure", .text = "Blood pressure", .value = ValueType::components, .category = vital_signs,
     .core_profile = core_bp,
     .codings = {{{loinc, "85354-9", "Blood pressure panel with all children optional"},     // V:R4,VKP,PHD
                  {snomed, "75367002", ""},                                                  // V:VKP; no-domain has none
                  {mdc, "150020", "MDC_PRESS_BLD_NONINV"}}},                                 // V:PHD,ANT,MJ
     .components = {"systolic", "diastolic", "mean-arterial-pressure"}},

    // VKP's and no-domain's SNOMED CT codes differ and both are written: in both guides the slices come from R4's bp profile,
    // discriminate on code and system and are open, so each takes the other's code as one more coding (INFERRED, codes.md rule 5).
    {.name = "systolic", .text = "Systolic blood pressure", .value = quantity, .unit = "mm[Hg]", .category = vital_signs,
     .core_profile = core_vitalsigns, .low = Decimal(40), .high = Decimal(300), .conversion_decimals = 1,
     .codings = {{{loinc, "8480-6", "Systolic blood pressure"},         // V:R4,VKP,PHD
                  {snomed, "271649006", ""},                            // V:VKP
                  {snomed, "4471000202106", ""},                        // V:ND
                  {mdc, "150021", "MDC_PRESS_BLD_NONINV_SYS"}}}},       // V:PHD,ANT,MJ
    {.name = "diastolic", .text = "Diastolic blood pressure", .value = quantity, .unit = "mm[Hg]", .category = vital_signs,
     .core_profile = core_vitalsigns, .low = Decimal(20), .high = Decimal(200), .conversion_decimals = 1,
     .codings = {{{loinc, "8462-4", "Diastolic blood pressure"},        // V:R4,VKP,PHD
                  {snomed, "271650006", ""},                            // V:VKP
                  {snomed, "4481000202108", ""},                        // V:ND
                  {mdc, "150022", "MDC_PRESS_BLD_NONINV_DIA"}}}},       // V:PHD,ANT,MJ
    {.name = "mean-arterial-pressure", .text = "Mean blood pressure", .value = quantity, .unit = "mm[Hg]",
     .category = vital_signs, .core_profile = core_vitalsigns, .low = Decimal(25), .high = Decimal(250), .conversion_decimals = 1,
     .codings = {{{loinc, "8478-0", "Mean blood pressure"},             // V:R4ex,ND
                  {snomed, "4501000202102", ""},                        // V:ND
                  {mdc, "150023", "MDC_PRESS_BLD_NONINV_MEAN"}}}},      // V:PHD,ANT,MJ

    {.name = "body-temperature", .text = "Body temperature", .value = quantity, .unit = "Cel", .category = vital_signs,
     .core_profile = core_bodytemp, .low = Decimal(25), .high = Decimal(45), .conversion_decimals = 2,
     .codings = {{{loinc, "8310-5", "Body temperature"},      // V:R4,VKP,ND,PHD
                  {snomed, "276885007", ""},                  // V:VKP,ND
                  {mdc, "150364", "MDC_TEMP_BODY"}}}},        // V:PHD,ANT,MJ

    {.name = "body-weight", .text = "Body weight", .value = quantity, .unit = "kg", .category = vital_signs,
     .core_profile = core_bodyweight, .low = Decimal(3, 1), .high = Decimal(500), .conversion_decimals = 3,
     .codings = {{{loinc, "29463-7", "Body weight"},               // V:R4,VKP,ND
                  {snomed, "27113001", ""},                        // V:VKP,ND
                  {mdc, "188736", "MDC_MASS_BODY_ACTUAL"}}}},      // V:ANT,MJ

    {.name = "body-height", .text = "Body height", .value = quantity, .unit = "cm", .category = vital_signs,
     .core_profile = core_bodyheight, .low = Decimal(20), .high = Decimal(260), .conversion_decimals = 1,
     .codings = {{{loinc, "8302-2", "Body height"},               // V:R4,ND
                  {snomed, "1153637007", ""},                     // V:ND, profile; its mapping page says 50373000
                  {mdc, "188740", "MDC_LEN_BODY_ACTUAL"}}}},      // V:ANT,MJ

    {.name = "bmi", .text = "Body mass index", .value = quantity, .unit = "kg/m2", .category = vital_signs,
     .core_profile = core_bmi, .low = Decimal(7), .high = Decimal(150), .conversion_decimals = 1,
     .codings = {{{loinc, "39156-5", "Body mass index (BMI) [Ratio]"},      // V:R4,VKP
                  {mdc, "188752", "MDC_RATIO_MASS_BODY_LEN_SQ"}}}},         // V:ANT,MJ

    {.name = "body-fat", .text = "Body fat", .value = quantity, .unit = "%", .category = exam,
     .low = Decimal(1), .high = Decimal(80), .conversion_decimals = 1,
     .codings = {{{loinc, "41982-0", "Percentage of body fat Measured"},      // V:HK
                  {mdc, "188748", "MDC_BODY_FAT"}}}},                         // V:ANT,MJ

    // no-domain's 271625008 says "spontaneous respiration", which we cannot know of a patient on a home ventilator: only VKP's.
    {.name = "respiratory-rate", .text = "Respiratory rate", .value = quantity, .unit = "/min", .category = vital_signs,
     .core_profile = core_resprate, .low = Decimal(2), .high = Decimal(90), .conversion_decimals = 0,
     .codings = {{{loinc, "9279-1", "Respiratory rate"},      // V:R4,VKP,ND
                  {snomed, "86290005", ""},                   // V:VKP
                  {mdc, "151562", "MDC_RESP_RATE"}}}},        // V:MJ

    // 1 mg/dL is 0.06 mmol/L: two decimals keep neighbours apart and 70 mg/dL (3.89) below 3.9.
    {.name = "blood-glucose", .text = "Blood glucose", .value = quantity, .unit = "mmol/L", .category = laboratory,
     .low = Decimal(6, 1), .high = Decimal(50), .conversion_decimals = 2,
     .codings = {{{loinc, "15074-8", "Glucose [Moles/volume] in Blood"},             // V:VKP,R4ex,HDDT
                  {snomed, "434912009", ""},                                         // V:VKP
                  {npu, "NPU02187", "B-Glucose"},                                    // V:VKP
                  {mdc, "160184", "MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD"}}}},           // V:ANT,MJ

    {.name = "interstitial-glucose", .text = "Interstitial glucose", .value = quantity, .unit = "mmol/L",
     .category = laboratory, .low = Decimal(1), .high = Decimal(30), .conversion_decimals = 2,
     .codings = {{{loinc, "105272-9", "Glucose [Moles/volume] in Interstitial fluid"},      // V:HDDT
                  {mdc, "160212", "MDC_CONC_GLU_ISF"}}}},                                   // V:MJ

    {.name = "hba1c", .text = "HbA1c", .value = quantity, .unit = "mmol/mol", .category = laboratory,
     .low = Decimal(9), .high = Decimal(250), .conversion_decimals = 0,
     .codings = {{{loinc, "59261-8", "Hemoglobin A1c/Hemoglobin.total in Blood by IFCC protocol"}}}},      // C

    {.name = "fev1", .text = "FEV1", .value = quantity, .unit = "L", .category = procedure,
     .low = Decimal(1, 1), .high = Decimal(8), .conversion_decimals = 2,
     .codings = {{{loinc, "20150-9", "FEV1"},                            // V:HDDT,HK,MII
                  {mdc, "152586", "MDC_VOL_AWAY_EXP_FORCED_1S"}}}},      // V:MII,MJ
    {.name = "fvc", .text = "FVC", .value = quantity, .unit = "L", .category = procedure,
     .low = Decimal(1, 1), .high = Decimal(10), .conversion_decimals = 2,
     .codings = {{{loinc, "19868-9", "Forced vital capacity [Volume] Respiratory system by Spirometry"},      // V:MII
                  {mdc, "188928", "MDC_VOL_AWAY_EXP_FORCED_CAPACITY"}}}},                                     // V:MII,MJ
    {.name = "fev6", .text = "FEV6", .value = quantity, .unit = "L", .category = procedure,
     .low = Decimal(1, 1), .high = Decimal(10), .conversion_decimals = 2,
     .codings = {{{mdc, "152587", "MDC_VOL_AWAY_EXP_FORCED_6S"}}}},      // V:MII,MJ; no LOINC verified
    {.name = "fev1-fev6-ratio", .text = "FEV1/FEV6", .value = quantity, .unit = "%", .category = procedure,
     .low = Decimal(10), .high = Decimal(100), .conversion_decimals = 1,
     .codings = {{{mdc, "188936", "MDC_RATIO_AWAY_EXP_FORCED_FEV1_FEV6"}}}},      // V:MII,MJ; no LOINC verified
    // LOINC has only pre- and post-bronchodilator codes, which say something about the patient nobody told us.
    {.name = "fef-25-75", .text = "FEF 25-75%", .value = quantity, .unit = "L/s", .category = procedure,
     .low = Decimal(5, 2), .high = Decimal(12), .conversion_decimals = 2,
     .codings = {{{mdc, "188960", "MDC_FLOW_AWAY_EXP_FORCED_25_75_FVC"}}}},      // V:MII,MJ
    {.name = "pef", .text = "Peak expiratory flow", .value = quantity, .unit = "L/min", .category = procedure,
     .low = Decimal(30), .high = Decimal(1000), .conversion_decimals = 0,
     .codings = {{{loinc, "19935-6", "Maximum expiratory gas flow Respiratory system airway by Peak flow meter"},  // V:HDDT,HK
                  {mdc, "152584", "MDC_FLOW_AWAY_EXP_FORCED_PEAK"}}}},                                             // V:MII,MJ

    {.name = "inr", .text = "INR", .value = quantity, .unit = "{INR}", .category = laboratory,
     .low = Decimal(5, 1), .high = Decimal(15), .conversion_decimals = 1,
     .codings = {{{loinc, "46418-0", "INR in Capillary blood by Coagulation assay"},      // C
                  {npu, "NPU01685", ""},                                                  // V:MED
                  {mdc, "160260", "MDC_RATIO_INR_COAG"}}}},                               // V:MJ
    {.name = "crp", .text = "C-reactive protein", .value = quantity, .unit = "mg/L", .category = laboratory,
     .low = Decimal(0), .high = Decimal(600), .conversion_decimals = 1,
     .codings = {{{loinc, "1988-5", "C reactive protein [Mass/volume] in Serum or Plasma"},      // V:LHC
                  {npu, "NPU19748", ""}}}},                                                      // V:MED,KIH; plasma, mg/L
    {.name = "haemoglobin", .text = "Haemoglobin", .value = quantity, .unit = "g/dL", .category = laboratory,
     .low = Decimal(2), .high = Decimal(25), .conversion_decimals = 1,
     .codings = {{{loinc, "718-7", "Hemoglobin [Mass/volume] in Blood"}}}},      // V:R4ex,MII

    {.name = "urine-protein", .text = "Protein in urine", .value = ValueType::ordinal, .category = laboratory,
     .codings = {{{loinc, "20454-5", "Protein [Presence] in Urine by Test strip"},      // C
                  {npu, "NPU04206", ""},                                                // V:MED
                  {mdc, "160244", "MDC_CONC_PROTEIN_URINE"}}}},                         // V:MJ
    {.name = "urine-glucose", .text = "Glucose in urine", .value = ValueType::ordinal, .category = laboratory,
     .codings = {{{loinc, "25428-4", "Glucose [Presence] in Urine by Test strip"},      // C
                  {npu, "NPU04207", ""},                                                // V:MED
                  {mdc, "159860", "MDC_CONC_GLU_URINE"}}}},                             // V:MJ
    {.name = "ketones", .text = "Ketones in blood", .value = quantity, .unit = "mmol/L", .category = laboratory,
     .low = Decimal(0), .high = Decimal(15), .conversion_decimals = 2,
     .codings = {{{loinc, "104816-4", "Beta hydroxybutyrate [Moles/volume] in Blood"}}}},      // C, weak

    {.name = "steps", .text = "Steps", .value = quantity, .unit = "{steps}", .category = activity,
     .low = Decimal(0), .high = Decimal(150000), .conversion_decimals = 0,
     .codings = {{{loinc, "55423-8", "Number of steps in unspecified time Pedometer"}}}},      // V:HK,KIH
    {.name = "perfusion-index", .text = "Perfusion index", .value = quantity, .unit = "%", .category = exam,
     .low = Decimal(2, 2), .high = Decimal(30), .conversion_decimals = 2,
     .codings = {{{loinc, "61006-3", "Perfusion index Tissue by Pulse oximetry"},      // V:HK
                  {mdc, "150448", "MDC_PULS_OXIM_PERF_REL"}}}},                        // V:MJ

    // SNOMED CT only: LOINC 88330-6, often seen, is not NEWS. In these three VKP demands that every SNOMED CT coding is the fixed
    // one, so nothing may stand beside it (norway.md 4.1).
    {.name = "consciousness", .text = "Consciousness (ACVPU)", .value = ValueType::text, .category = exam,
     .codings = {{{snomed, "1104441000000107", ""}}}, .answers = acvpu},      // V:VKP
    {.name = "news2", .text = "NEWS2", .value = quantity, .unit = "{score}", .category = survey,
     .low = Decimal(0), .high = Decimal(20),
     .codings = {{{snomed, "1104051000000101", ""}}}},      // V:VKP,UK
    {.name = "cfs", .text = "Clinical Frailty Scale", .value = quantity, .unit = "{score}", .category = survey,
     .low = Decimal(1), .high = Decimal(9),
     .codings = {{{snomed, "763264000", ""}}}},      // V:VKP
    // The often used 89250-2 fails LOINC's check digit; MCS88137 is Danish only.
    {.name = "cat", .text = "COPD Assessment Test", .value = quantity, .unit = "{score}", .category = survey,
     .low = Decimal(0), .high = Decimal(40),
     .codings = {{{local_kind, "cat", ""}}}},
    {.name = "questionnaire", .text = "Questionnaire response", .value = ValueType::questionnaire, .category = survey,
     .codings = {{{loinc, "74465-6", "Questionnaire response Document"}}}},      // V:VKP,R4ex

    {.name = "ecg", .text = "ECG", .value = ValueType::waveform, .category = procedure,
     .codings = {{{loinc, "11524-6", "EKG study"},              // V:R4ex
                  {mdc, "131328", "MDC_ECG_ELEC_POTL"}}}},      // V:R4ex,MJ
    {.name = "ctg", .text = "Cardiotocography", .value = ValueType::waveform, .category = procedure,
     .codings = {{{local_kind, "ctg", ""}}}},
};
// clang-format on

constexpr std::size_t row_count = std::size(rows);

// Codes we read but never write. Plasma glucose (MDC 160188, NPU22089) is not among them: it lies about a tenth above
// whole blood, so filing it under 15074-8 would change what was measured.
struct Alias {
  std::string_view system, code;
  std::string_view kind;
};
constexpr Alias aliases[] = {
    {loinc, "29563-7", "body-weight"},           // the misprint of 29463-7 in both Norwegian guides (norway.md 2.8)
    {loinc, "8889-8", "pulse-rate"},             // C: heart rate by pulse oximetry
    {mdc, "149546", "pulse-rate"},               // V:ANT,MJ: MDC_PULS_RATE_NON_INV, from a cuff
    {mdc, "147842", "heart-rate"},               // V:PHD,MJ: MDC_ECG_HEART_RATE
    {snomed, "271625008", "respiratory-rate"},   // V:ND
    {snomed, "50373000", "body-height"},         // V:ND, mapping page
    {mdc, "151570", "respiratory-rate"},         // V:MJ: MDC_AWAY_RESP_RATE
    {loinc, "19870-5", "fvc"},                   // V:HK: method-free
    {loinc, "34714-6", "inr"},                   // V:LHC: blood, unspecified
    {loinc, "14743-9", "blood-glucose"},         // V:HDDT: capillary, glucometer
    {loinc, "41653-7", "blood-glucose"},         // V:HDDT,PA: the same in mg/dL; the unit decides, not the code
    {loinc, "2339-0", "blood-glucose"},          // V:HDDT: blood, mg/dL
    {loinc, "99504-3", "interstitial-glucose"},  // V:HDDT: mg/dL
    {mdc, "160364", "blood-glucose"},            // V:MJ: undetermined whole blood
    {npu, "NPU21692", "heart-rate"},             // V:MED,KIH
    {npu, "NPU08676", "body-temperature"},       // V:MED,KIH
    {npu, "NPU03804", "body-weight"},            // V:KIH
    {npu, "NPU27281", "bmi"},                    // V:KIH
    {npu, "NPU03958", "urine-protein"},          // OpenTele 2013
    {npu, "NPU03936", "urine-glucose"},          // OpenTele 2013
    {npu, "NPU01423", "crp"},                    // OpenTele 2013
};

constexpr Kind row_named(std::string_view name) {
  for (std::size_t i = 1; i < row_count; ++i)
    if (rows[i].name == name) return static_cast<Kind>(i);
  return Kind::unknown;
}

template <class T, std::size_t N, class Used>
std::span<const T> used_part(const std::array<T, N>& array, Used used) {
  const auto end = std::find_if_not(array.begin(), array.end(), used);
  return {array.data(), static_cast<std::size_t>(end - array.begin())};
}

// Built at first use instead of by the compiler: g++ 12 rejects reading elided elements of `rows` in a constant
// expression.
struct Table {
  std::array<std::array<Kind, 3>, row_count> components{};
  std::array<std::array<std::string_view, 2>, row_count> profiles{};
  std::array<KindInfo, row_count> infos{};

  Table() {
    for (std::size_t i = 0; i < row_count; ++i) {
      const Row& row = rows[i];
      for (std::size_t c = 0; c < row.components.size(); ++c) components[i][c] = row_named(row.components[c]);
      if (i > 0) profiles[i] = profile_urls(row);
      infos[i] = KindInfo{
          .kind = static_cast<Kind>(i),
          .name = row.name,
          .text = row.text,
          .value = row.value,
          .unit = row.unit,
          .category = row.category,
          .codings = used_part(row.codings, [](const Code& code) { return !code.code.empty(); }),
          .low = row.low,
          .high = row.high,
          .profiles = used_part(profiles[i], [](std::string_view url) { return !url.empty(); }),
          .components = used_part(components[i], [](Kind kind) { return kind != Kind::unknown; }),
          .answers = row.answers,
          .conversion_decimals = row.conversion_decimals,
      };
    }
  }
  Table(const Table&) = delete;  // the rows point into it
  Table& operator=(const Table&) = delete;

  // QUIRK (norway.md 2.8): VKP's own vital-sign profiles allow no performer but a Practitioner with a fødselsnummer,
  // while its general profile and the national store want the responsible organisation there. So a vital sign claims
  // HL7's core profile and the general vkp-Observation, never vkp-Observation-Heartrate and its siblings.
  static std::array<std::string_view, 2> profile_urls(const Row& row) {
    if (row.core_profile.empty()) return {vkp_observation_profile};
    return {row.core_profile, vkp_observation_profile};
  }
};

const std::array<KindInfo, row_count>& table() {
  static const Table built;
  return built.infos;
}

// R4's own ECG example writes MDC with its OID (codes.md 0): read, never written.
constexpr std::string_view mdc_oid = "urn:oid:2.16.840.1.113883.6.24";
std::string_view same_system(std::string_view system) {
  return system == mdc_oid ? mdc : system;
}

}  // namespace

Kind kind_named(std::string_view name) {
  return row_named(name);
}

const KindInfo& info(Kind kind) {
  const auto index = static_cast<std::size_t>(kind);
  return table()[index < row_count ? index : 0];
}

std::span<const KindInfo> all_kinds() {
  return table();
}

Kind kind_coded(std::string_view system, std::string_view code) {
  const std::string_view wanted = same_system(system);
  const auto matches = [&](std::string_view candidate_system, std::string_view candidate) {
    return candidate == code && (wanted.empty() || wanted == candidate_system);
  };
  for (const KindInfo& kind : table())  // table order: 8867-4 is found at heart-rate first
    for (const Code& coding : kind.codings)
      if (matches(coding.system, coding.code)) return kind.kind;
  for (const Alias& alias : aliases)
    if (matches(alias.system, alias.code)) return row_named(alias.kind);
  return Kind::unknown;
}

std::vector<Kind> kinds_carrying(std::optional<std::string_view> system, std::string_view code) {
  std::vector<Kind> found;
  for (const KindInfo& kind : table()) {
    const bool carries = std::any_of(kind.codings.begin(), kind.codings.end(), [&](const Code& coding) {
      return coding.code == code && (!system || same_system(*system) == coding.system);
    });
    if (carries) found.push_back(kind.kind);
  }
  return found;
}

bool plausible(Kind kind, const Decimal& canonical_value) {
  const KindInfo& row = info(kind);
  return (!row.low || canonical_value >= *row.low) && (!row.high || canonical_value <= *row.high);
}

const KnownKinds& kinds() {
  static constexpr KnownKinds known = {
      .oxygen_saturation = row_named("oxygen-saturation"),
      .heart_rate = row_named("heart-rate"),
      .pulse_rate = row_named("pulse-rate"),
      .blood_pressure = row_named("blood-pressure"),
      .systolic = row_named("systolic"),
      .diastolic = row_named("diastolic"),
      .mean_arterial_pressure = row_named("mean-arterial-pressure"),
      .body_temperature = row_named("body-temperature"),
      .body_weight = row_named("body-weight"),
      .body_height = row_named("body-height"),
      .bmi = row_named("bmi"),
      .body_fat = row_named("body-fat"),
      .respiratory_rate = row_named("respiratory-rate"),
      .blood_glucose = row_named("blood-glucose"),
      .interstitial_glucose = row_named("interstitial-glucose"),
      .hba1c = row_named("hba1c"),
      .fev1 = row_named("fev1"),
      .fvc = row_named("fvc"),
      .fev6 = row_named("fev6"),
      .fev1_fev6_ratio = row_named("fev1-fev6-ratio"),
      .fef_25_75 = row_named("fef-25-75"),
      .pef = row_named("pef"),
      .inr = row_named("inr"),
      .crp = row_named("crp"),
      .haemoglobin = row_named("haemoglobin"),
      .urine_protein = row_named("urine-protein"),
      .urine_glucose = row_named("urine-glucose"),
      .ketones = row_named("ketones"),
      .steps = row_named("steps"),
      .perfusion_index = row_named("perfusion-index"),
      .consciousness = row_named("consciousness"),
      .news2 = row_named("news2"),
      .cfs = row_named("cfs"),
      .cat = row_named("cat"),
      .questionnaire = row_named("questionnaire"),
      .ecg = row_named("ecg"),
      .ctg = row_named("ctg"),
  };
  return known;
}

}  // namespace fhir
