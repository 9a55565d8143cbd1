// Rendered by appending to one string: everything that depends on the kind alone is prepared once, and only the reading
// itself is formatted. This is on the way of every accepted reading.
//
// Choices where R4 leaves one:
// - Typed or measured (manual/automatic) is a second `category` under our own system. `method` would be the obvious
// place, but
//   VKP binds it for blood pressure to auscultation and palpation, so it must stay away there (norway.md 2.8), and one
//   way for all kinds is easier to query: category=urn:hjemport:origin|manual. Category is open in R4, VKP and
//   no-domain, and PHD marks its observations in the same way. A manual reading also says so in words.
// - Ordinals ("+1") are valueCodeableConcept: R4 wants a concept for what has an ordered set of answers, and text is a
// complete one.
// - A missing value is dataAbsentReason, which the vital-signs profiles demand (vs-2, vs-3).
// - The value as sent, an uncertain time and the vendor's remark are notes: no R4 element holds them.
#include "fhir/observation.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <vector>

#include "fhir/json_writer.hpp"
#include "fhir/national_id.hpp"
#include "fhir/units.hpp"

namespace fhir {
namespace {

constexpr std::string_view category_system = "http://terminology.hl7.org/CodeSystem/observation-category";

struct KindFragments {
  std::string category;      // "category":[{...}
  std::string code;          // "code":{...}
  std::string quantity_end;  // ,"unit":...} closing the canonical Quantity
  std::string profiles;      // ,"profile":[...]
  std::string
      profiles_plain;  // the same for a patient without national identity number: what VKP asks cannot be claimed
};

void append_coding(std::string& out, const Code& code) {
  JsonWriter(out)
      .begin_object()
      .member("system", code.system)
      .member("code", code.code)
      .member_if("display", code.display)
      .end_object();
}

void append_quantity_end(std::string& out, std::string_view unit, Kind kind) {
  out += R"(,"unit":)";
  append_json_string(out, unit_display(unit, kind));
  out += R"(,"system":")";
  out += ucum;
  out += R"(","code":)";
  append_json_string(out, unit);
  out += '}';
}

std::string profile_member(std::span<const std::string_view> profiles) {
  if (profiles.empty()) return {};
  std::string out = R"(,"profile":[)";
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, profiles[i]);
  }
  return out += ']';
}

KindFragments make_fragments(const KindInfo& kind) {
  KindFragments made;
  made.category = R"("category":[{"coding":[)";
  append_coding(made.category, {category_system, kind.category, ""});
  made.category += "]}";

  made.code = R"("code":{)";
  if (!kind.codings.empty()) {
    made.code += R"("coding":[)";
    for (std::size_t i = 0; i < kind.codings.size(); ++i) {
      if (i > 0) made.code += ',';
      append_coding(made.code, kind.codings[i]);
    }
    made.code += "],";
  }
  made.code += R"("text":)";
  append_json_string(made.code, kind.text);
  made.code += '}';

  if (!kind.unit.empty()) append_quantity_end(made.quantity_end, kind.unit, kind.kind);
  made.profiles = profile_member(kind.profiles);
  const bool asks_for_national_id = !kind.profiles.empty() && kind.profiles.back() == vkp_observation_profile;
  made.profiles_plain = profile_member(kind.profiles.first(kind.profiles.size() - (asks_for_national_id ? 1 : 0)));
  return made;
}

const KindFragments& fragments(Kind kind) {
  static const std::vector<KindFragments> all = [] {
    std::vector<KindFragments> made;
    for (const KindInfo& row : all_kinds()) made.push_back(make_fragments(row));
    return made;
  }();
  return all[static_cast<std::size_t>(info(kind).kind)];
}

// FHIR strings may hold no control characters but tab and line ends, and not blanks alone. What a vendor wrote is kept
// otherwise.
bool has_text(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c != ' ' && c != '\t' && c != '\r' && c != '\n'; });
}

void append_text(std::string& out, std::string_view text) {
  const auto forbidden = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r' && c != '\n';
  };
  bool any = false;
  for (const char c : text) any |= forbidden(c);  // to its end: several bytes at a time
  if (!any) return append_json_string(out, text);
  std::string clean(text);
  std::replace_if(clean.begin(), clean.end(), forbidden, ' ');
  append_json_string(out, clean);
}

void append_data_absent(std::string& out, AbsentReason reason) {
  if (reason == AbsentReason::none) reason = AbsentReason::unknown;
  out += R"("dataAbsentReason":{"coding":[)";
  append_coding(out, {data_absent_system, code(reason), display(reason)});
  out += "]}";
}

void append_quantity(std::string& out, const ObservationValue& value) {
  out += R"("valueQuantity":{"value":)";
  value.value.append_to(out);
  if (!value.comparator.empty()) {
    out += R"(,"comparator":")";
    out += value.comparator;
    out += '"';
  }
  if (value.unit.empty())
    out += '}';  // a form's score
  else if (value.unit == info(value.kind).unit)
    out += fragments(value.kind).quantity_end;
  else
    append_quantity_end(out, value.unit, value.kind);
}

void append_concept(std::string& out, const KindInfo& kind, std::string_view word) {
  out += R"("valueCodeableConcept":{)";
  const auto answer =
      std::find_if(kind.answers.begin(), kind.answers.end(), [&](const Answer& row) { return row.word == word; });
  if (answer != kind.answers.end()) {
    out += R"("coding":[)";
    append_coding(out, answer->code);
    out += "],";
  }
  out += R"("text":)";
  append_text(out, answer == kind.answers.end() ? word : answer->text);
  out += '}';
}

void append_components(std::string& out, const ObservationBody& body) {
  out += R"("component":[)";
  bool first = true;
  const auto open = [&](Kind kind) {
    out += first ? "{" : ",{";
    first = false;
    out += fragments(kind).code;
    out += ',';
  };
  for (const ObservationValue& component : body.components) {
    open(component.kind);
    if (component.absent == AbsentReason::none) {
      append_quantity(out, component);
    } else {
      append_data_absent(out, component.absent);
    }
    out += '}';
  }
  // R4's bp profile wants systolic and diastolic each present, with a reason where there is no value.
  for (const Kind required :
       info(body.kind).components.first(std::min<std::size_t>(2, info(body.kind).components.size()))) {
    const bool present = std::any_of(body.components.begin(), body.components.end(),
                                     [&](const ObservationValue& component) { return component.kind == required; });
    if (present) continue;
    open(required);
    append_data_absent(out, body.absent);
    out += '}';
  }
  out += ']';
}

// A number is shown for what is measured in numbers. An ordinal's number is only its rank, which differs between
// vendors.
bool is_number(ValueType type) {
  return type == ValueType::quantity || type == ValueType::questionnaire;
}

void append_value(std::string& out, const ObservationBody& body) {
  const KindInfo& kind = info(body.kind);
  if (body.absent != AbsentReason::none) {
    append_data_absent(out, body.absent);
    if (kind.value != ValueType::components) return;
    out += ',';  // R4's bp wants its parts also of a reading that has none
    return append_components(out, body);
  }
  if (!body.components.empty()) return append_components(out, body);
  if (body.value && is_number(kind.value)) return append_quantity(out, *body.value);
  if (!has_text(body.text)) {
    append_data_absent(out, AbsentReason::unknown);
  } else if (kind.value == ValueType::ordinal || !kind.answers.empty()) {
    append_concept(out, kind, body.text);
  } else {
    out += R"("valueString":)";
    append_text(out, body.text);
  }
}

// {"system":"...","value":"..."}, both trusted to be there.
void append_identifier(std::string& out, std::string_view system, std::string_view value) {
  out += R"({"system":)";
  append_json_string(out, system);
  out += R"(,"value":)";
  append_text(out, value);
  out += '}';
}

// The same for a system of ours, whose part is the same each time.
std::string identifier_beginning(std::string_view system) {
  std::string out = R"({"system":)";
  append_json_string(out, system);
  return out += R"(,"value":)";
}

void append_device_details(std::string& out, const ObservationBody& body) {
  out += R"(,"extension":[)";
  const auto add = [&](std::string_view url, std::string_view value) {
    if (!has_text(value)) return;
    if (out.back() != '[') out += ',';
    out += R"({"url":)";
    append_json_string(out, url);
    out += R"(,"valueString":)";
    append_text(out, value);
    out += '}';
  };
  add(device_firmware_extension, body.device_firmware);
  add(device_batch_extension, body.device_batch);
  out += ']';
}

void append_device(std::string& out, const ObservationBody& body) {
  out += R"(,"device":{"reference":"Device/)";
  out += body.device_id;
  out += R"(","type":"Device")";
  if (has_text(body.device_identifier)) {
    static const std::string beginning = R"(,"identifier":)" + identifier_beginning(device_identifier_system);
    out += beginning;
    append_text(out, body.device_identifier);
    out += '}';
  }
  if (has_text(body.device_model)) {
    out += R"(,"display":)";
    append_text(out, body.device_model);
  }
  if (has_text(body.device_firmware) || has_text(body.device_batch)) append_device_details(out, body);
  out += '}';
}

void append_notes(std::string& out, const ObservationBody& body) {
  const bool stated = body.stated != nullptr;
  if (!stated && !body.manual && !body.time_uncertain && !has_text(body.as_sent) && !has_text(body.note)) return;
  out += R"(,"note":[)";
  bool first = true;
  const auto open = [&] {
    out += first ? R"({"text":)" : R"(,{"text":)";
    first = false;
  };
  if (has_text(body.as_sent)) {
    open();
    append_text(out, "As sent: " + std::string(body.as_sent));
    out += '}';
  }
  if (body.manual) {
    open();
    out += R"("Entered by a person, not read from a device."})";
  }
  if (body.time_uncertain) {
    open();
    out += R"("The time of measurement is uncertain."})";
  }
  if (has_text(body.note)) {
    open();
    append_text(out, body.note);
    out += '}';
  }
  if (stated) {
    open();
    out += R"("Of no kind this gateway knows: stored as stated, not judged."})";
  }
  out += ']';
}

void append_interpretations(std::string& out, const ObservationBody& body) {
  if (body.interpretations.empty()) return;
  out += R"(,"interpretation":[)";
  bool first = true;
  for (const Interpretation& each : body.interpretations) {
    out += first ? R"({"coding":[)" : R"(,{"coding":[)";
    first = false;
    append_coding(out, {each.system, each.code, each.display});
    out += "]}";
  }
  out += ']';
}

// The categories in an open "category":[, without the closing bracket. One of our own says where the reading is from.
void append_categories(std::string& out, const ObservationBody& body, const KindFragments& kind) {
  if (body.stated == nullptr) {
    out += kind.category;
  } else {
    out += R"("category":[)";
    for (const StatedConcept& category : body.stated->categories) {
      if (out.back() != '[') out += ',';
      append_stated_concept(out, category);
    }
  }
  const auto origin = [&](std::string_view category) {
    if (out.back() != '[') out += ',';
    out += category;
  };
  if (body.manual)
    origin(R"({"coding":[{"system":"urn:hjemport:origin","code":"manual"}],"text":"Entered by a person"})");
  if (body.automatic)
    origin(R"({"coding":[{"system":"urn:hjemport:origin","code":"automatic"}],"text":"Read from a device"})");
}

bool names_a_person_nationally(std::string_view system) {
  return system == fnr_system || system == dnr_system || system == fhn_system;
}

void append_patient_reference(std::string& out, const ObservationHead& head) {
  out += R"({"reference":"Patient/)";
  out += head.patient_id;
  out += R"(","type":"Patient")";
  if (!head.patient_system.empty() && has_text(head.patient_value)) {
    out += R"(,"identifier":)";
    append_identifier(out, head.patient_system, head.patient_value);
  }
  out += '}';
}

void append_organization_reference(std::string& out, const ObservationHead& head) {
  static const std::string beginning = R"({"type":"Organization","identifier":)" + identifier_beginning(organization_system);
  out += beginning;
  append_text(out, head.organization);
  out += '}';
  if (has_text(head.organization_name)) {
    out += R"(,"display":)";
    append_text(out, head.organization_name);
  }
  out += '}';
}

}  // namespace

std::string observation_body(const ObservationBody& body) {
  // An unknown kind waits in quarantine, unless its source states what it is.
  assert(body.kind != Kind::unknown || body.stated != nullptr);
  const KindFragments& kind = fragments(body.kind);
  std::string out;
  out.reserve(1024 + body.note.size() + body.extensions.size() + 512 * body.components.size());
  static const std::string beginning = R"("identifier":[)" + identifier_beginning(observation_identifier_system);
  out += beginning;
  append_text(out, body.identifier);
  out += "}],";
  if (body.stated == nullptr || !body.stated->categories.empty() || body.manual || body.automatic) {
    append_categories(out, body, kind);
    out += "],";
  }
  if (body.stated == nullptr) {
    out += kind.code;
  } else {
    out += R"("code":)";
    append_stated_concept(out, body.stated->code);
  }
  out += R"(,"effectiveDateTime":")";
  // R4's dateTime knows no minutes without seconds ("may be zero-filled").
  DateTime effective = body.effective;
  if (effective.precision == Precision::minute) effective.precision = Precision::second;
  out += effective.text();
  out += R"(",)";
  if (body.stated == nullptr)
    append_value(out, body);
  else
    append_stated_values(out, *body.stated);
  append_interpretations(out, body);
  if (!body.device_id.empty()) append_device(out, body);
  append_notes(out, body);
  if (!body.extensions.empty()) {
    out += R"(,"extension":[)";
    out += body.extensions;
    out += ']';
  }
  out += body.members;
  return out;
}

void append_observation(std::string& out, const ObservationHead& head, std::string_view body) {
  const KindFragments& kind = fragments(head.kind);
  out.reserve(out.size() + body.size() + 1024);  // two profiles, the patient twice and the organisation are some 750 bytes
  std::string committed;
  append_utc_millis(committed, head.last_updated);
  out += R"({"resourceType":"Observation","id":")";
  out += head.id;
  out += R"(","meta":{"versionId":")";
  out += std::to_string(head.version);
  out += R"(","lastUpdated":")";
  out += committed;
  out += '"';
  out += names_a_person_nationally(head.patient_system) ? kind.profiles : kind.profiles_plain;
  if (head.test_data) {
    // "test health data" (HL7 v3 ActReason), which R4's security labels take from there.
    out += R"(,"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HTEST"}])";
  }
  out += R"(},"status":")";
  out += head.status;
  out += R"(","subject":)";
  const std::size_t patient_at = out.size();
  append_patient_reference(out, head);
  const std::size_t patient_length = out.size() - patient_at;
  out += R"(,"issued":")";
  out += committed;
  // The data controller first, then who took the measurement: vkp-Observation slices `performer` by identifier.system
  // into organization and author, openly, so a patient with a D-number is simply neither (its author knows the
  // fødselsnummer only).
  out += R"(","performer":[)";
  if (has_text(head.organization)) {
    append_organization_reference(out, head);
    out += ',';
  }
  out.append(out, patient_at, patient_length);
  out += "],";
  out += body;
  out += '}';
}

std::string_view observation_body_of(std::string_view resource) {
  // The head ends where our identifier begins; nothing of the head repeats these characters, as quotes in its texts are
  // escaped.
  static const std::string begin = R"("identifier":[{"system":")" + std::string(observation_identifier_system);
  const std::size_t place = resource.find(begin);
  if (place == std::string_view::npos || resource.back() != '}') return {};
  return resource.substr(place, resource.size() - place - 1);
}

std::string_view observation_identifier_of(std::string_view body) {
  // It stands first in a body, and an identifier of ours has nothing that JSON escapes.
  static constexpr std::string_view before = R"("value":")";
  const std::size_t place = body.find(before);
  if (place == std::string_view::npos) return {};
  const std::string_view rest = body.substr(place + before.size());
  return rest.substr(0, rest.find('"'));
}

std::string with_observation_identifier(std::string_view body, std::string_view identifier) {
  const std::string_view old = observation_identifier_of(body);
  std::string out(body);
  if (!old.empty()) out.replace(static_cast<std::size_t>(old.data() - body.data()), old.size(), identifier);
  return out;
}

}  // namespace fhir
