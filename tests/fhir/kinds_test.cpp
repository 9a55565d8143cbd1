#include "fhir/kinds.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "fhir/check_digits.hpp"
#include "fhir/units.hpp"

using namespace fhir;

TEST_CASE("kinds: the names of the interface exist and keep their stored numbers", "[kinds]") {
  // The numbers are stored with every observation; a row may only be appended.
  const std::vector<std::string> names = {"unknown",
                                          "oxygen-saturation",
                                          "heart-rate",
                                          "pulse-rate",
                                          "blood-pressure",
                                          "systolic",
                                          "diastolic",
                                          "mean-arterial-pressure",
                                          "body-temperature",
                                          "body-weight",
                                          "body-height",
                                          "bmi",
                                          "body-fat",
                                          "respiratory-rate",
                                          "blood-glucose",
                                          "interstitial-glucose",
                                          "hba1c",
                                          "fev1",
                                          "fvc",
                                          "fev6",
                                          "fev1-fev6-ratio",
                                          "fef-25-75",
                                          "pef",
                                          "inr",
                                          "crp",
                                          "haemoglobin",
                                          "urine-protein",
                                          "urine-glucose",
                                          "ketones",
                                          "steps",
                                          "perfusion-index",
                                          "consciousness",
                                          "news2",
                                          "cfs",
                                          "cat",
                                          "questionnaire",
                                          "ecg",
                                          "ctg"};
  REQUIRE(all_kinds().size() >= names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    CAPTURE(names[i]);
    CHECK(all_kinds()[i].name == names[i]);
    CHECK(info(static_cast<Kind>(i)).kind == static_cast<Kind>(i));
    CHECK(kind_named(names[i]) == static_cast<Kind>(i));
  }
  CHECK(kind_named("spo2") == Kind::unknown);
  CHECK(kind_named("") == Kind::unknown);
  CHECK(info(static_cast<Kind>(60000)).name == "unknown");
}

TEST_CASE("kinds: every known kind is looked up", "[kinds]") {
  // KnownKinds is nothing but Kinds; a misspelt name in its table would be Kind::unknown.
  const KnownKinds& known = kinds();
  const auto* first = reinterpret_cast<const Kind*>(&known);
  const std::set<Kind> distinct(first, first + sizeof(KnownKinds) / sizeof(Kind));
  CHECK(distinct.size() == sizeof(KnownKinds) / sizeof(Kind));
  CHECK(distinct.count(Kind::unknown) == 0);
  CHECK(info(known.fev1_fev6_ratio).name == "fev1-fev6-ratio");
}

TEST_CASE("kinds: every LOINC and SNOMED CT code of the table has a right check digit", "[kinds]") {
  for (const KindInfo& kind : all_kinds()) {
    for (const Code& coding : kind.codings) {
      CAPTURE(kind.name, coding.code);
      if (coding.system == loinc) CHECK(valid_loinc(coding.code));
      if (coding.system == snomed) CHECK(valid_snomed(coding.code));
    }
    for (const Answer& answer : kind.answers) {
      CAPTURE(kind.name, answer.word);
      CHECK(valid_snomed(answer.code.code));
    }
  }
}

TEST_CASE("kinds: LOINC comes first, then SNOMED CT, NPU, MDC", "[kinds]") {
  const auto rank = [](std::string_view system) {
    const std::vector<std::string_view> order = {loinc, snomed, npu, mdc, local_kind};
    return std::find(order.begin(), order.end(), system) - order.begin();
  };
  for (const KindInfo& kind : all_kinds()) {
    if (kind.kind == Kind::unknown) continue;
    CAPTURE(kind.name);
    REQUIRE_FALSE(kind.codings.empty());
    CHECK(std::is_sorted(kind.codings.begin(), kind.codings.end(),
                         [&](const Code& a, const Code& b) { return rank(a.system) < rank(b.system); }));
    CHECK(rank(kind.codings.back().system) < 5);
  }
}

TEST_CASE("kinds: every row is complete", "[kinds]") {
  const std::set<std::string_view> categories = {"vital-signs", "laboratory", "survey",
                                                 "activity",    "procedure",  "exam"};
  for (const KindInfo& kind : all_kinds()) {
    if (kind.kind == Kind::unknown) continue;
    CAPTURE(kind.name);
    CHECK_FALSE(kind.text.empty());
    CHECK(categories.count(kind.category) == 1);
    CHECK((kind.value == ValueType::quantity) == !kind.unit.empty());
    CHECK((kind.value == ValueType::components) == !kind.components.empty());
    CHECK(kind.low.has_value() == (kind.value == ValueType::quantity));
    if (kind.low) CHECK(*kind.low < *kind.high);
    if (!kind.unit.empty()) CHECK(ucum_code(kind.unit, kind.kind) == kind.unit);
    REQUIRE_FALSE(kind.profiles.empty());
    CHECK(kind.profiles.back() == vkp_observation_profile);
    // QUIRK norway.md 2.8: VKP's vital-sign profiles allow no organisation performer, so none of them is claimed; a
    // vital sign claims HL7's own profile beside the general VKP one.
    CHECK(kind.profiles.size() == (kind.category == "vital-signs" ? 2u : 1u));
    if (kind.category == "vital-signs")
      CHECK(kind.profiles.front().rfind("http://hl7.org/fhir/StructureDefinition/", 0) == 0);
  }
}

TEST_CASE("kinds: codes that must stand where they stand", "[kinds]") {
  struct Row {
    std::string kind;
    std::vector<std::string> codes;
  };
  const auto row = GENERATE(values<Row>({
      {"oxygen-saturation", {"2708-6", "59408-5", "431314004", "150456"}},
      {"heart-rate", {"8867-4", "364075005"}},
      {"pulse-rate", {"8867-4", "78564009", "149530"}},
      {"blood-pressure", {"85354-9", "75367002", "150020"}},
      {"systolic", {"8480-6", "271649006", "4471000202106", "150021"}},
      {"diastolic", {"8462-4", "271650006", "4481000202108", "150022"}},
      {"body-weight", {"29463-7", "27113001", "188736"}},
      {"blood-glucose", {"15074-8", "434912009", "NPU02187", "160184"}},
      {"interstitial-glucose", {"105272-9", "160212"}},
      {"fev6", {"152587"}},
      {"fev1-fev6-ratio", {"188936"}},
      {"haemoglobin", {"718-7"}},  // NPU02319 is in mmol/L
      {"hba1c", {"59261-8"}},      // MDC 160220 is in %
      {"news2", {"1104051000000101"}},
      {"cfs", {"763264000"}},
      {"consciousness", {"1104441000000107"}},
  }));
  CAPTURE(row.kind);
  std::vector<std::string> codes;
  for (const Code& coding : info(kind_named(row.kind)).codings) codes.emplace_back(coding.code);
  CHECK(codes == row.codes);
}

TEST_CASE("kinds: blood pressure needs systolic and diastolic", "[kinds]") {
  const auto components = info(kinds().blood_pressure).components;
  REQUIRE(components.size() == 3);
  CHECK(components[0] == kinds().systolic);
  CHECK(components[1] == kinds().diastolic);
  CHECK(components[2] == kinds().mean_arterial_pressure);
}

TEST_CASE("kinds: found by a coding", "[kinds]") {
  struct Row {
    std::string_view system, code;
    Kind kind;
  };
  const KnownKinds& k = kinds();
  const auto row = GENERATE_REF(values<Row>({
      {loinc, "8867-4", k.heart_rate},
      {"", "8867-4", k.heart_rate},
      {snomed, "78564009", k.pulse_rate},
      {mdc, "149530", k.pulse_rate},
      {mdc, "149546", k.pulse_rate},
      {"urn:oid:2.16.840.1.113883.6.24", "150456", k.oxygen_saturation},
      {loinc, "59408-5", k.oxygen_saturation},
      {loinc, "29563-7", k.body_weight},  // the misprint of 29463-7
      {loinc, "29463-7", k.body_weight},
      {loinc, "8480-6", k.systolic},
      {snomed, "8867-4", Kind::unknown},
      {loinc, "99999-9", Kind::unknown},
      {"", "", Kind::unknown},
  }));
  CAPTURE(row.system, row.code);
  CHECK(kind_coded(row.system, row.code) == row.kind);
}

TEST_CASE("kinds: a search by a shared code finds both kinds that carry it", "[kinds]") {
  const KnownKinds& k = kinds();
  CHECK(kinds_carrying(loinc, "8867-4") == std::vector<Kind>{k.heart_rate, k.pulse_rate});
  CHECK(kinds_carrying(std::nullopt, "8867-4") == std::vector<Kind>{k.heart_rate, k.pulse_rate});
  CHECK(kinds_carrying(snomed, "78564009") == std::vector<Kind>{k.pulse_rate});
  CHECK(kinds_carrying("", "8867-4").empty());
  CHECK(kinds_carrying(loinc, "29563-7").empty());  // read, never written: no resource carries it
}

TEST_CASE("kinds: believable values are inclusive at both ends", "[kinds]") {
  const Kind spo2 = kinds().oxygen_saturation;
  CHECK(plausible(spo2, Decimal(30)));
  CHECK(plausible(spo2, Decimal(1000, 1)));
  CHECK_FALSE(plausible(spo2, Decimal(299, 1)));
  CHECK_FALSE(plausible(spo2, Decimal(1001, 1)));
  CHECK_FALSE(plausible(kinds().heart_rate, Decimal(19)));
  CHECK_FALSE(plausible(kinds().heart_rate, Decimal(-70)));
}

TEST_CASE("kinds: every number has a believable range, and what has none says why", "[kinds]") {
  // Nobody measures these in a number of their own.
  const std::map<std::string_view, std::string_view> without = {
      {"unknown", "no kind"},
      {"blood-pressure", "its components have one each, and systolic has to exceed diastolic"},
      {"urine-protein", "a word of a scale"},
      {"urine-glucose", "a word of a scale"},
      {"consciousness", "a word of a scale"},
      {"questionnaire", "answers, or the score of a form whose scale nobody told us"},
      {"ecg", "a curve"},
      {"ctg", "a curve"},
  };
  for (const KindInfo& kind : all_kinds()) {
    CAPTURE(kind.name);
    const bool listed = without.count(kind.name) > 0;
    CHECK(kind.low.has_value() == kind.high.has_value());
    CHECK(kind.low.has_value() != listed);
    CHECK((kind.value == ValueType::quantity) != listed);
    if (kind.low) CHECK(*kind.low < *kind.high);
  }
}

TEST_CASE("kinds: the believable ranges are those of the survey", "[kinds]") {
  struct Row {
    const char *kind, *low, *high;
  };
  // codes.md 1.3, 2.2 and 3; all of them ours, since no published table of widest-believable values was found.
  const Row rows[] = {
      {"oxygen-saturation", "30", "100"}, {"heart-rate", "20", "300"},      {"pulse-rate", "20", "300"},
      {"systolic", "40", "300"},          {"diastolic", "20", "200"},       {"mean-arterial-pressure", "25", "250"},
      {"body-temperature", "25", "45"},   {"body-weight", "0.3", "500"},    {"body-height", "20", "260"},
      {"bmi", "7", "150"},                {"body-fat", "1", "80"},          {"respiratory-rate", "2", "90"},
      {"perfusion-index", "0.02", "30"},  {"blood-glucose", "0.6", "50"},   {"interstitial-glucose", "1", "30"},
      {"hba1c", "9", "250"},              {"ketones", "0", "15"},           {"fev1", "0.1", "8"},
      {"fev6", "0.1", "10"},              {"fvc", "0.1", "10"},             {"fev1-fev6-ratio", "10", "100"},
      {"pef", "30", "1000"},              {"fef-25-75", "0.05", "12"},      {"inr", "0.5", "15"},
      {"crp", "0", "600"},                {"haemoglobin", "2", "25"},       {"steps", "0", "150000"},
      {"news2", "0", "20"},               {"cfs", "1", "9"},                {"cat", "0", "40"},
  };
  std::size_t ranges = 0;
  for (const KindInfo& kind : all_kinds()) ranges += kind.low.has_value();
  CHECK(ranges == std::size(rows));
  for (const Row& row : rows) {
    CAPTURE(row.kind);
    const KindInfo& kind = info(kind_named(row.kind));
    REQUIRE(kind.low);
    CHECK(*kind.low == Decimal::parse(row.low).value());
    CHECK(*kind.high == Decimal::parse(row.high).value());
  }
}

TEST_CASE("events: names, VKP codes as published, and which call a person", "[kinds]") {
  struct Row {
    std::string_view name, code, display;
    bool safety;
  };
  const auto row = GENERATE(values<Row>({
      {"safety-alarm", "3", "Trygghetsalarm", true},
      {"fall", "4.1", "Fall", true},
      {"bed-exit", "4.2", "Forlatt sengen", true},
      {"inactivity", "4.9", "Inaktivitet", true},
      {"medication-missed", "1.1", "Ikke utlevert", true},
      {"medication-dispensed", "", "", false},
      {"door", "4", "Digitalt tilsyn", true},
      {"location", "2", "Lokaliseringsteknologi", true},
      {"low-battery", "", "", false},  // 1.17 is a medicine dispenser's battery
      {"no-contact", "", "", false},
      {"technical", "", "", false},
  }));
  CAPTURE(row.name);
  const EventKind kind = event_named(row.name);
  REQUIRE(kind != EventKind::unknown);
  CHECK(info(kind).name == row.name);
  CHECK(info(kind).vkp_alert_code == row.code);
  CHECK(info(kind).vkp_display == row.display);
  CHECK(info(kind).safety == row.safety);
  CHECK(event_named("nonsense") == EventKind::unknown);
}

TEST_CASE("events: stored rows keep their numbers", "[kinds]") {
  CHECK(static_cast<int>(EventKind::safety_alarm) == 0);
  CHECK(static_cast<int>(EventKind::medication_dispensed) == 5);
  CHECK(static_cast<int>(EventKind::unknown) == 11);
  CHECK(static_cast<int>(EventKind::medication_alarm) == 12);
  CHECK(static_cast<int>(EventKind::medication_reminder) == static_cast<int>(all_events().size()) - 1);
  CHECK(info(static_cast<EventKind>(250)).kind == EventKind::unknown);  // written by a newer program
}

TEST_CASE("events: every alert code of the hub about an event is a kind of its own", "[kinds]") {
  std::vector<std::string> codes = {"1", "2", "3", "4", "6", "7", "7.1"};
  for (int i = 1; i <= 23; ++i) codes.push_back("1." + std::to_string(i));
  for (int i = 1; i <= 26; ++i) codes.push_back("4." + std::to_string(i));
  std::set<EventKind> seen;
  for (const std::string& code : codes) {
    INFO(code);
    const EventKind kind = event_coded(code);
    REQUIRE(kind != EventKind::unknown);
    CHECK(info(kind).vkp_alert_code == code);
    CHECK(seen.insert(kind).second);
  }
  for (const char* none : {"", "0", "1.0", "1.24", "4.27", "5", "5.2.1", "5.20", "8", "01", "1.10 "})
    CHECK(event_coded(none) == EventKind::unknown);
  CHECK(event_coded("4.2") != event_coded("4.20"));
}

TEST_CASE("events: names and codes are well formed, and nobody is called twice for one", "[kinds]") {
  std::set<std::string_view> names;
  for (const EventInfo& event : all_events()) {
    INFO(event.name);
    CHECK(names.insert(event.name).second);
    CHECK(event_named(event.name) == event.kind);
    CHECK(event.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
    CHECK(event.vkp_alert_code.empty() == event.vkp_display.empty());
    CHECK_FALSE((event.safety && event.technical != Technical::no));
    for (const EventKind cause : ended_by(event.kind)) CHECK(info(cause).technical != Technical::no);
  }
  // Information is a closed list: whatever is added to it calls nobody.
  std::set<std::string_view> information;
  for (const EventInfo& event : all_events())
    if (!event.safety && event.technical == Technical::no) information.insert(event.name);
  CHECK(information == std::set<std::string_view>{"medication-dispensed", "activity", "door-closed", "lying-down",
                                                  "planned-camera", "battery-ok", "contact-restored", "mains-restored",
                                                  "alarm-note", "device-status", "medication-reminder"});
}

TEST_CASE("events: dispense categories of the hub", "[kinds]") {
  for (const char* code : {"1", "1.1", "1.2", "1.3", "2", "2.1", "2.2", "3"}) CHECK(dispense_category(code) != nullptr);
  for (const char* code : {"", "1.4", "4", "1.10"}) CHECK(dispense_category(code) == nullptr);
}
