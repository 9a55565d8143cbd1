// OpenTele 2.x questionnaire upload (opentele-citizen-server: CompletedQuestionnaireService; vendors.md A.2). `output`
// is an unordered set of variables "{node}.{VARIABLE}" or "{node}.{GROUP}#{FIELD}"; a node's secondary fields end in
// #CANCEL, #SEVERITY or #NOTE, after a double hash in groups. The original finds fields by substring ("FEV1" is inside
// "FEV1_FEV6_RATIO"); here names are split exactly on '#'.
#include "adapters/opentele.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "adapters/device_status.hpp"
#include "adapters/opentele_glucose.hpp"
#include "adapters/strip_grade.hpp"
#include "adapters/vendor_time.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

constexpr auto undecodable = QuarantineReason::undecodable;

struct Field {
  std::string_view name;  // empty: the node's own value ("489.WEIGHT")
  JsonValue value;
};

// All variables of one "{node}.{VARIABLE}", at the place of the first of them.
struct Node {
  std::string_view name;      // "118.BP"
  std::string_view variable;  // "BP"
  std::vector<Field> fields;  // without those whose value is null: the original drops them before it reads anything
  std::optional<std::string> fault;  // no node: what was wrong with the entry

  JsonValue find(std::string_view field) const {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const Field& each) { return each.name == field; });
    return found == fields.end() ? JsonValue() : found->value;
  }
};

constexpr std::array<std::string_view, 4> beside_the_value = {"CANCEL", "SEVERITY", "NOTE", "DEVICE_ID"};

bool is_beside_the_value(std::string_view field) {
  return std::find(beside_the_value.begin(), beside_the_value.end(), field) != beside_the_value.end();
}

// "118.BP##CANCEL": node "118.BP", field "CANCEL". The field is what stands after the last hash.
struct Name {
  std::string_view node;
  std::string_view field;
};

Name split(std::string_view name) {
  const std::size_t first = name.find('#');
  if (first == std::string_view::npos) return {name, {}};
  return {name.substr(0, first), name.substr(name.rfind('#') + 1)};
}

// Groups the entries of `output` by node, in order of first appearance.
class NodeCollector {
 public:
  std::vector<Node> collect(JsonValue output) {
    for (const JsonValue entry : output) add(entry);
    return std::move(nodes_);
  }

 private:
  void add(JsonValue entry) {
    if (!entry.is_object()) return add_fault(entry.path() + ": expected an object");
    const auto name = entry["name"].text();
    if (!name) return add_fault(member_path(entry, "name") + ": expected a string");
    const Name parts = split(*name);
    const std::size_t point = parts.node.find('.');
    if (point == std::string_view::npos || point + 1 == parts.node.size())
      return add_fault(member_path(entry, "name") + ": expected {node}.{VARIABLE}");
    Node& node = node_named(parts.node, parts.node.substr(point + 1));
    if (entry["value"].is_null()) return;
    if (!node.find(parts.field).absent())
      return add_fault(member_path(entry, "name") + ": this variable is given twice");
    node.fields.push_back({parts.field, entry["value"]});
  }

  Node& node_named(std::string_view name, std::string_view variable) {
    const auto [found, added] = index_.emplace(name, nodes_.size());
    if (added) nodes_.push_back(Node{name, variable, {}, std::nullopt});
    return nodes_[found->second];
  }

  void add_fault(std::string fault) { nodes_.push_back(Node{{}, {}, {}, std::move(fault)}); }

  std::vector<Node> nodes_;
  std::unordered_map<std::string_view, std::size_t> index_;
  std::unordered_set<std::string> seen_;  // a search in the node would cost its size squared
};

void add_note(std::string& note, std::string_view remark) {
  if (!note.empty()) note += "; ";
  note.append(remark);
}

class NodeReader {
 public:
  // `start` knows the patient and the upload time.
  NodeReader(const Node& node, const Draft& start, const Context& context, std::vector<Item>& items)
      : node_(node), context_(context), items_(items), base_(start) {}

  void read() {
    if (node_.fault) return hold(undecodable, *node_.fault);
    if (is_cancelled()) return ignore(IgnoreReason::cancelled, "omitted by the patient");
    const auto known =
        std::find_if(meters.begin(), meters.end(), [&](const Meter& each) { return each.variable == node_.variable; });
    if (known == meters.end()) return unknown();
    const bool has_value = std::any_of(node_.fields.begin(), node_.fields.end(),
                                       [](const Field& each) { return !is_beside_the_value(each.name); });
    if (!has_value) return ignore(IgnoreReason::not_a_reading, "no value");
    read_beside_the_value();
    (this->*known->read)();
  }

 private:
  // A cancelled node stores nothing, whatever else it holds. A flag that cannot be read holds the node: it might say
  // true.
  bool is_cancelled() {
    const JsonValue cancel = node_.find("CANCEL");
    if (cancel.absent() || cancel.scalar() == "false") return false;
    if (cancel.scalar() == "true") return true;
    base_.hold(undecodable, cancel.path() + ": expected true or false");
    return false;
  }

  void read_beside_the_value() {
    Measurement& reading = base_.reading;
    if (const auto note = node_.find("NOTE").text()) add_note(reading.note, printable(*note));
    // Chosen by the path through the questionnaire, not by the value; shown, never judged. GREEN says nothing.
    if (const auto severity = node_.find("SEVERITY").text(); severity && *severity != "GREEN")
      add_note(reading.note, "questionnaire severity " + printable(*severity));
    const JsonValue device = node_.find("DEVICE_ID");
    if ((device.is_string() || device.is_number()) && device.scalar().size() <= longest_id) {
      reading.device.id = printable(device.scalar());
      reading.origin = Origin::automatic;
    } else if (!device.absent()) {
      base_.hold(undecodable, device.path() + ": expected a string of at most 256 bytes");
    }
    if (reading.subject.id.empty()) reading.subject.id = reading.device.id;
    reading.correlation = fhir::utc_text(reading.time.utc) + "/" + std::string(node_.name);
  }

  void blood_pressure() {
    const bool pressure = has("SYSTOLIC") || has("DIASTOLIC") || has("MEAN_ARTERIAL_PRESSURE");
    if (pressure) {
      Draft draft = start(fhir::kinds().blood_pressure);
      component(draft, fhir::kinds().systolic, "SYSTOLIC");
      component(draft, fhir::kinds().diastolic, "DIASTOLIC");
      if (has("MEAN_ARTERIAL_PRESSURE"))
        component(draft, fhir::kinds().mean_arterial_pressure, "MEAN_ARTERIAL_PRESSURE");
      add(std::move(draft));
    }
    if (has("PULSE")) {
      value(fhir::kinds().pulse_rate, "PULSE", "/min");
    } else if (!pressure) {
      nothing_known();
    }
  }

  void saturation() {
    if (has("SATURATION")) value(fhir::kinds().oxygen_saturation, "SATURATION", "%");
    if (has("PULSE")) value(fhir::kinds().pulse_rate, "PULSE", "/min");
    if (!has("SATURATION") && !has("PULSE")) nothing_known();
  }

  void weight() { value(fhir::kinds().body_weight, "", "kg"); }
  void temperature() { value(fhir::kinds().body_temperature, "", "Cel"); }
  void haemoglobin() { value(fhir::kinds().haemoglobin, "", "g/dL"); }
  void crp() { value(fhir::kinds().crp, "", "mg/L"); }

  // The ordinals of the two enums differ: glucose has no "+/-".
  void urine_protein() {
    static constexpr std::array<std::string_view, 6> words = {"Neg.", "+/-", "+1", "+2", "+3", "+4"};
    strip(fhir::kinds().urine_protein, words);
  }
  void urine_glucose() {
    static constexpr std::array<std::string_view, 5> words = {"Neg.", "+1", "+2", "+3", "+4"};
    strip(fhir::kinds().urine_glucose, words);
  }

  void strip(fhir::Kind kind, std::span<const std::string_view> words) {
    Draft draft = start(kind);
    const JsonValue given = node_.find("");
    const auto ordinal = given.as_decimal_or_text();
    const bool listed = ordinal && ordinal->is_integer() && ordinal->canonical() >= fhir::Decimal(0) &&
                        ordinal->canonical() < fhir::Decimal(static_cast<std::int64_t>(words.size()));
    if (listed) {
      draft.reading.text = words[static_cast<std::size_t>(ordinal->canonical().coefficient())];
      draft.set_value(*strip_grade(draft.reading.text));
    } else {
      draft.hold(undecodable, value_path(given) + ": no ordinal of the strip");
    }
    add(std::move(draft));
  }

  void lung_function() {
    const JsonValue good = node_.find("FEV_GOOD_TEST");
    if (good.scalar() == "false") {
      add_note(base_.reading.note, "not a good test, says the spirometer");
      add_interpretation(base_.reading, *measurement_status("questionable")->interpretation);
    }
    const std::size_t before = items_.size();
    if (has("FEV1")) value(fhir::kinds().fev1, "FEV1", "L");
    if (has("FEV6")) value(fhir::kinds().fev6, "FEV6", "L");
    if (has("FEV1_FEV6_RATIO")) ratio();
    if (has("FEF2575")) value(fhir::kinds().fef_25_75, "FEF2575", "L/s");  // INFERRED: the format names no unit
    if (items_.size() == before) nothing_known();
  }

  // INFERRED: a fraction. The server's tests divide (3.6 / 5.7 = 0.632) while younger clients declare an integer, a
  // percentage. FEV1 is part of FEV6, so a fraction cannot exceed 1, and one percent cannot be blown.
  void ratio() {
    const auto number = node_.find("FEV1_FEV6_RATIO").as_decimal_or_text();
    const bool fraction = number && *number <= fhir::Decimal(1);
    value(fhir::kinds().fev1_fev6_ratio, "FEV1_FEV6_RATIO", fraction ? "1" : "%");
  }

  void glucose_memory() { object_node(read_glucose_memory); }
  void glucose_events() { object_node(read_glucose_events); }

  void object_node(void (*read_object)(JsonValue, const Draft&, const Zone&, std::vector<Item>&)) {
    const JsonValue object = node_.find("");
    if (!object.is_object()) {
      base_.timed = false;
      return hold(undecodable, value_path(object) + ": expected an object");
    }
    base_.reading.correlation.clear();
    read_object(object, base_, context_.zone, items_);
  }

  void not_a_reading() { ignore(IgnoreReason::not_a_reading, "not a reading"); }

  void unknown() {
    if (const auto number = node_.find("").as_decimal_or_text()) base_.set_value(number);
    hold(QuarantineReason::unknown_kind, "output: unknown variable " + quoted_word(node_.variable));
  }

  void nothing_known() { hold(undecodable, "output: " + quoted_word(node_.variable) + " without any known field"); }

  bool has(std::string_view field) const { return !node_.find(field).absent(); }

  // The place of a value that may be missing: the node has no place of its own.
  std::string value_path(JsonValue given) const {
    return given.absent() ? "output: the value of " + quoted_word(node_.variable) : given.path();
  }

  fhir::Result<fhir::Decimal> number(std::string_view field) const {
    const JsonValue given = node_.find(field);
    if (given.absent())
      return fhir::invalid("output: " + quoted_word(node_.variable) + " without " +
                           std::string(field.empty() ? "value" : field));
    return given.as_decimal_or_text();
  }

  void value(fhir::Kind kind, std::string_view field, std::string_view unit) {
    Draft draft = start(kind);
    draft.set_value(number(field));
    draft.reading.unit = unit;
    add(std::move(draft));
  }

  void component(Draft& draft, fhir::Kind kind, std::string_view field) const {
    const auto given = number(field);
    if (!given) return draft.hold(undecodable, given.error().detail);
    draft.reading.components.push_back({kind, *given, "mmHg", Comparator::none});
  }

  Draft start(fhir::Kind kind) const {
    Draft draft = base_;
    draft.reading.kind = kind;
    return draft;
  }
  void add(Draft draft) { items_.push_back(std::move(draft).item()); }
  void hold(QuarantineReason reason, std::string note) {
    base_.hold(reason, std::move(note));
    add(base_);
  }
  void ignore(IgnoreReason reason, std::string_view note) {
    items_.push_back(Ignored{reason, quoted_word(node_.name).append(": ").append(note)});
  }

  struct Meter {
    std::string_view variable;
    void (NodeReader::*read)();
  };
  static const std::array<Meter, 15> meters;

  const Node& node_;
  const Context& context_;
  std::vector<Item>& items_;
  Draft base_;
};

// DECISION and FIELD are answers to questions. CTG is a trace of several channels, which nothing here can hold;
// URINE_COMBI is in the list of types but nowhere described.
const std::array<NodeReader::Meter, 15> NodeReader::meters = {{{"BP", &NodeReader::blood_pressure},
                                                               {"SAT", &NodeReader::saturation},
                                                               {"WEIGHT", &NodeReader::weight},
                                                               {"TEMPERATURE", &NodeReader::temperature},
                                                               {"HEMOGLOBIN", &NodeReader::haemoglobin},
                                                               {"CRP", &NodeReader::crp},
                                                               {"URINE", &NodeReader::urine_protein},
                                                               {"URINE_GLUCOSE", &NodeReader::urine_glucose},
                                                               {"LF", &NodeReader::lung_function},
                                                               {"BS", &NodeReader::glucose_memory},
                                                               {"CGM", &NodeReader::glucose_events},
                                                               {"CTG", &NodeReader::not_a_reading},
                                                               {"URINE_COMBI", &NodeReader::not_a_reading},
                                                               {"DECISION", &NodeReader::not_a_reading},
                                                               {"FIELD", &NodeReader::not_a_reading}}};

}  // namespace

fhir::Result<Decoded> decode_opentele(std::string_view payload, const Context& context) {
  if (const auto parsed = context.scratch.reparse(payload); !parsed) return parsed.error();
  const JsonValue root = context.scratch.root();
  if (!root.is_object()) return fhir::invalid("the document: expected a questionnaire upload");
  const JsonValue output = root["output"];
  if (!output.is_array()) return fhir::invalid("output: expected an array");
  const auto date = read_time(root, "date", context.zone);
  if (!date) return date.error();
  const auto patient = read_id(root, "PatientId");
  if (!patient) return patient.error();

  // The original takes the patient from the login. Here it is PatientId, else the node's device; with neither, nobody
  // is named and the reading waits for one.
  Draft start;
  start.reading.subject.id = *patient;
  start.set_time(date->time);
  // The upload stands in for the measurement: the format has no other time (vendors.md A.2).
  start.reading.time_uncertain = true;

  Decoded decoded;
  for (const Node& node : NodeCollector().collect(output)) {
    NodeReader(node, start, context, decoded.items).read();
    if (decoded.items.size() > most_items) return too_many_items();
  }
  return decoded;
}

}  // namespace adapters
